package say

// The sentences about the bot's commands. What the placeholders stand for is said beside each.
const (
	Greeting              Sentence = "greeting"               // network, command prefix
	GreetingAgain         Sentence = "greeting-again"         // network, command prefix
	BotRoom               Sentence = "bot-room"               // network
	UnknownCommand        Sentence = "unknown-command"        // what was written, how to ask for help
	CommandFailed         Sentence = "command-failed"         //
	NoSuchThing           Sentence = "no-such-thing"          // network
	NothingToCancel       Sentence = "nothing-to-cancel"      //
	Version               Sentence = "version"                // version
	ChatID                Sentence = "chat-id"                // identifier
	NewKeys               Sentence = "new-keys"               //
	LanguageIs            Sentence = "language-is"            // language
	LanguageSet           Sentence = "language-set"           // language
	LanguageUnknown       Sentence = "language-unknown"       //
	OnlyAdministrators    Sentence = "only-administrators"    //
	MayNotLogIn           Sentence = "may-not-log-in"         // network
	MayNotUse             Sentence = "may-not-use"            // network
	TooManyLogins         Sentence = "too-many-logins"        // number
	LoginUnderWay         Sentence = "login-under-way"        //
	OthersReadLogin       Sentence = "others-read-login"      // network
	ChooseLogin           Sentence = "choose-login"           //
	PleaseEnter           Sentence = "please-enter"           // what
	NotAccepted           Sentence = "not-accepted"           // what
	GroupInRoom           Sentence = "group-in-room"          // network, command prefix
	GroupNeedsName        Sentence = "group-needs-name"       //
	GroupMade             Sentence = "group-made"             // name, network
	NotShown              Sentence = "not-shown"              // network
	NotInThere            Sentence = "not-in-there"           // network
	YouLoggedOut          Sentence = "you-logged-out"         // network
	SamePerson            Sentence = "same-person"            // network
	RoomClosed            Sentence = "room-closed"            // network
	HelpHere              Sentence = "help-here"              // network, command prefix
	HelpThere             Sentence = "help-there"             // command prefix
	HelpMore              Sentence = "help-more"              // how to ask for help
	AlsoCalled            Sentence = "also-called"            // names
	WhereChat             Sentence = "where-chat"             //
	WhereRoom             Sentence = "where-room"             //
	InAnyRoom             Sentence = "in-any-room"            //
	InChats               Sentence = "in-chats"               //
	InRooms               Sentence = "in-rooms"               //
	SectionAccount        Sentence = "section-account"        // network
	SectionService        Sentence = "section-service"        //
	SectionChats          Sentence = "section-chats"          //
	SectionRooms          Sentence = "section-rooms"          //
	SectionAdministration Sentence = "section-administration" //
	HelpLogin             Sentence = "help-login"             // network
	HelpCreateGroup       Sentence = "help-create-group"      // network
	HelpID                Sentence = "help-id"                //
	HelpNewKeys           Sentence = "help-new-keys"          //
	HelpHelp              Sentence = "help-help"              //
	HelpLanguage          Sentence = "help-language"          //
	HelpCancel            Sentence = "help-cancel"            //
	HelpVersion           Sentence = "help-version"           //
	ArgCommand            Sentence = "arg-command"            //
)

var aboutCommands = map[Sentence]map[Language]string{
	Greeting: {
		English: "Hello. I bring %[1]s into this messenger. Write “login” to link your account, or “help” to see what else I can do. “language fr”: je parle aussi français.",
		French:  "Bonjour. J’amène %[1]s dans cette messagerie. Écrivez « login » pour lier votre compte, ou « help » pour voir ce que je sais faire. « language en »: I speak English, too.",
	},
	GreetingAgain: {
		English: "Hello again. You have another chat with me; here, put “%[2]s” in front of what you write to me, as in “%[2]s help”.",
		French:  "Rebonjour. Vous avez une autre conversation avec moi ; ici, mettez « %[2]s » devant ce que vous m’écrivez, comme dans « %[2]s help ».",
	},
	BotRoom: {
		English: "Your account on %s: link it, and ask for help, here",
		French:  "Votre compte %s : liez-le et demandez de l’aide ici",
	},
	UnknownCommand: {
		English: "I do not know “%s”. Write “%s” to see what I can do.",
		French:  "Je ne connais pas « %s ». Écrivez « %s » pour voir ce que je sais faire.",
	},
	CommandFailed: {
		English: "This did not work. Try again; if it fails again, tell your administrator.",
		French:  "Cela n’a pas fonctionné. Réessayez ; si cela échoue encore, prévenez votre administrateur.",
	},
	NoSuchThing: {
		English: "%s does not have this.",
		French:  "%s ne propose pas cela.",
	},
	NothingToCancel: {
		English: "There is nothing to cancel.",
		French:  "Il n’y a rien à annuler.",
	},
	Version: {English: "Passerelle %s", French: "Passerelle %s"},
	ChatID: {
		English: "This chat’s own name: %s",
		French:  "Le nom propre de cette conversation : %s",
	},
	NewKeys: {
		English: "The next message in this room will be encrypted with new keys.",
		French:  "Le prochain message de ce salon sera chiffré avec de nouvelles clés.",
	},
	LanguageIs: {
		English: "I speak %s with you. Write “language fr” for French or “language en” for English.",
		French:  "Je vous parle en %s. Écrivez « language fr » pour le français ou « language en » pour l’anglais.",
	},
	LanguageSet: {
		English: "From now on I speak %s with you.",
		French:  "Désormais, je vous parle en %s.",
	},
	LanguageUnknown: {
		English: "I speak English and French only. Write “language en” or “language fr”.",
		French:  "Je ne parle que français et anglais. Écrivez « language fr » ou « language en ».",
	},
	OnlyAdministrators: {
		English: "Only administrators can do this.",
		French:  "Seuls les administrateurs peuvent le faire.",
	},
	MayNotLogIn: {
		English: "You may not link %s accounts here. Ask your administrator.",
		French:  "Vous ne pouvez pas lier de compte %s ici. Adressez-vous à votre administrateur.",
	},
	MayNotUse: {
		English: "You may not use %s here. Ask your administrator.",
		French:  "Vous ne pouvez pas utiliser %s ici. Adressez-vous à votre administrateur.",
	},
	TooManyLogins: {
		English: "You have linked %d accounts, and more are not allowed. Unlink one first: write “logout”.",
		French:  "Vous avez lié %d comptes, le maximum autorisé. Déliez-en un d’abord : écrivez « logout ».",
	},
	LoginUnderWay: {
		English: "You are in the middle of linking an account. Finish that, or write “cancel”.",
		French:  "Vous êtes déjà en train de lier un compte. Terminez, ou écrivez « cancel ».",
	},
	OthersReadLogin: {
		English: "Others read here, and whoever sees the code could use it. Write “login” in your own chat with me.",
		French:  "D’autres lisent ici, et quiconque voit le code pourrait l’utiliser. Écrivez « login » dans votre propre conversation avec moi.",
	},
	ChooseLogin: {
		English: "How do you want to link your account? Write one of these:",
		French:  "Comment voulez-vous lier votre compte ? Écrivez l’une de ces commandes :",
	},
	PleaseEnter: {
		English: "Write your %s.",
		French:  "Écrivez votre %s.",
	},
	NotAccepted: {
		English: "This does not look like a %s. Write it again, or write “cancel”.",
		French:  "Cela ne ressemble pas à un %s. Écrivez-le de nouveau, ou écrivez « cancel ».",
	},
	GroupInRoom: {
		English: "Make a room of that name, invite the group’s members into it, me too, and write “%[2]s create-group” there: it becomes the %[1]s group.",
		French:  "Créez un salon de ce nom, invitez-y les membres du groupe, et moi aussi, puis écrivez-y « %[2]s create-group » : il deviendra le groupe %[1]s.",
	},
	GroupNeedsName: {
		English: "Give this room a name first. It will be the group’s name.",
		French:  "Donnez d’abord un nom à ce salon. Ce sera le nom du groupe.",
	},
	GroupMade: {
		English: "This room is now the group “%s” on %s.",
		French:  "Ce salon est maintenant le groupe « %s » sur %s.",
	},
	NotShown: {
		English: "A message from %s could not be shown. Look on the phone.",
		French:  "Un message de %s n’a pas pu être affiché. Consultez le téléphone.",
	},
	NotInThere:   {English: "Not in this chat on %s", French: "Absent de cette conversation sur %s"},
	YouLoggedOut: {English: "You are no longer linked to %s", French: "Vous n’êtes plus lié à %s"},
	SamePerson:   {English: "This person goes by another entry on %s", French: "Cette personne figure sous une autre entrée sur %s"},
	RoomClosed:   {English: "This %s chat was closed here", French: "Cette conversation %s a été fermée ici"},
	HelpHere: {
		English: "I bring %s into this messenger. Write these commands here; in other rooms put “%s” in front.",
		French:  "J’amène %s dans cette messagerie. Écrivez ces commandes ici ; dans les autres salons, mettez « %s » devant.",
	},
	HelpThere: {
		English: "In this room, put “%s” in front of a command. Where only you and I are, write it as it is.",
		French:  "Dans ce salon, mettez « %s » devant une commande. Là où nous ne sommes que tous les deux, écrivez-la telle quelle.",
	},
	HelpMore: {
		English: "“%s” and the name of a command tells more about it.",
		French:  "« %s » suivi du nom d’une commande en dit plus.",
	},
	AlsoCalled:            {English: "Also: %s", French: "Aussi : %s"},
	WhereChat:             {English: "It is for the room of a chat.", French: "À écrire dans le salon d’une conversation."},
	WhereRoom:             {English: "It is for a room of your own that is no chat’s yet.", French: "À écrire dans un salon à vous qui n’est pas encore celui d’une conversation."},
	InAnyRoom:             {English: "In any room", French: "Dans tout salon"},
	InChats:               {English: "In the room of a chat", French: "Dans le salon d’une conversation"},
	InRooms:               {English: "In another room of yours", French: "Dans un autre de vos salons"},
	SectionAccount:        {English: "Your %s account", French: "Votre compte %s"},
	SectionService:        {English: "This service", French: "Ce service"},
	SectionChats:          {English: "Chats", French: "Conversations"},
	SectionRooms:          {English: "Your rooms", French: "Vos salons"},
	SectionAdministration: {English: "Administration", French: "Administration"},
	HelpLogin:             {English: "Link your %s account", French: "Lier votre compte %s"},
	HelpCreateGroup:       {English: "Make a %s group of this room and its members", French: "Faire un groupe %s de ce salon et de ses membres"},
	HelpID:                {English: "Show this chat’s own name, which it keeps in every room", French: "Afficher le nom propre de cette conversation, le même dans tout salon"},
	HelpNewKeys:           {English: "Encrypt the next message in this room with new keys", French: "Chiffrer le prochain message de ce salon avec de nouvelles clés"},
	HelpHelp:              {English: "Show this list, or what a command does", French: "Afficher cette liste, ou ce que fait une commande"},
	HelpLanguage:          {English: "Choose the language that I speak with you: en or fr", French: "Choisir la langue dans laquelle je vous parle : fr ou en"},
	HelpCancel:            {English: "Stop linking an account", French: "Arrêter de lier un compte"},
	HelpVersion:           {English: "Show which version this is", French: "Afficher la version"},
	ArgCommand:            {English: "[command]", French: "[commande]"},
}
