package say

// Sentences about people and their chats.
const (
	NobodyThere     Sentence = "nobody-there"      // network
	NobodyInvited   Sentence = "nobody-invited"    // network
	NotAsked        Sentence = "not-asked"         // network
	StartedChat     Sentence = "started-chat"      // name, link
	HaveChat        Sentence = "have-chat"         // name, link
	ChatNotStarted  Sentence = "chat-not-started"  // network
	IsThere         Sentence = "is-there"          // name, network
	NoChatWith      Sentence = "no-chat-with"      // number
	NoContacts      Sentence = "no-contacts"       //
	NothingFound    Sentence = "nothing-found"     // words
	ContactsCut     Sentence = "contacts-cut"      // number of those that are not listed
	WhoNumber       Sentence = "who-number"        // network, name, number
	WhoNoNumber     Sentence = "who-no-number"     // network, name
	WhoGroup        Sentence = "who-group"         // network, name
	NotAChat        Sentence = "not-a-chat"        // network
	OthersRead      Sentence = "others-read"       //
	OnlyForOneself  Sentence = "only-for-oneself"  //
	LinkFirst       Sentence = "link-first"        // network
	Blocked         Sentence = "blocked"           // name, network, command prefix
	Unblocked       Sentence = "unblocked"         // name
	NotBlocked      Sentence = "not-blocked"       // network
	BlockWhom       Sentence = "block-whom"        //
	GiveNumber      Sentence = "give-number"       //
	GiveWords       Sentence = "give-words"        //
	HelpStartChat   Sentence = "help-start-chat"   //
	HelpIsThere     Sentence = "help-is-there"     // network
	HelpContacts    Sentence = "help-contacts"     //
	HelpSearch      Sentence = "help-search"       //
	HelpWhichRoom   Sentence = "help-which-room"   //
	HelpWho         Sentence = "help-who"          //
	HelpBlock       Sentence = "help-block"        //
	HelpUnblock     Sentence = "help-unblock"      //
	HelpBridge      Sentence = "help-bridge"       //
	HelpUnbridge    Sentence = "help-unbridge"     //
	BridgeUsage     Sentence = "bridge-usage"      //
	RoomHasChat     Sentence = "room-has-chat"     // command prefix
	ChatHasRoom     Sentence = "chat-has-room"     // link, command prefix
	ChatUnknown     Sentence = "chat-unknown"      // network
	NoSay           Sentence = "no-say"            //
	BotNeedsRights  Sentence = "bot-needs-rights"  //
	NeedsEncryption Sentence = "needs-encryption"  //
	RoomLinked      Sentence = "room-linked"       // network, command prefix
	RoomNotLinked   Sentence = "room-not-linked"   // network
	RoomUnlinked    Sentence = "room-unlinked"     // network
	RoomStillLinked Sentence = "room-still-linked" // network
	SectionWithWhom Sentence = "section-with-whom" //
	ArgPhoneNumber  Sentence = "arg-phone-number"  //
	ArgWords        Sentence = "arg-words"         //
	ArgChat         Sentence = "arg-chat"          //
	ArgMaybeNumber  Sentence = "arg-maybe-number"  //
)

var aboutPeople = map[Sentence]map[Language]string{
	NobodyThere: {
		English: "Nobody uses %s with this number.",
		French:  "Personne n’utilise %s avec ce numéro.",
	},
	NobodyInvited: {
		English: "Nobody on %s can be reached as the contact whom you invited.",
		French:  "Personne sur %s n’est joignable sous le contact que vous avez invité.",
	},
	NotAsked: {
		English: "%s could not be asked. Try again later.",
		French:  "%s n’a pas pu être interrogé. Réessayez plus tard.",
	},
	StartedChat: {
		English: "Your chat with %s is ready: %s",
		French:  "Votre conversation avec %s est prête : %s",
	},
	HaveChat: {
		English: "Your chat with %s is here: %s",
		French:  "Votre conversation avec %s se trouve ici : %s",
	},
	ChatNotStarted: {
		English: "The %s chat could not be started. Try again later.",
		French:  "La conversation %s n’a pas pu être commencée. Réessayez plus tard.",
	},
	IsThere: {
		English: "%s uses %s.",
		French:  "%s utilise %s.",
	},
	NoChatWith: {
		English: "You have no chat with %s here. Write “start-chat” and the number to begin one.",
		French:  "Vous n’avez pas de conversation avec le %s ici. Écrivez « start-chat » et le numéro pour en commencer une.",
	},
	NoContacts: {
		English: "Your address book is empty, or has not come from the phone yet.",
		French:  "Votre carnet d’adresses est vide, ou n’est pas encore arrivé du téléphone.",
	},
	NothingFound: {
		English: "Nobody you know is found under “%s”.",
		French:  "Personne que vous connaissez ne correspond à « %s ».",
	},
	ContactsCut: {
		English: "And %d more. Write “search” and a part of the name.",
		French:  "Et %d de plus. Écrivez « search » et une partie du nom.",
	},
	WhoNumber: {
		English: "This is your %s chat with %s, %s.",
		French:  "C’est votre conversation %s avec %s, %s.",
	},
	WhoNoNumber: {
		English: "This is your %s chat with %s. The phone number is not known.",
		French:  "C’est votre conversation %s avec %s. Le numéro de téléphone n’est pas connu.",
	},
	WhoGroup: {
		English: "This is the %s group “%s”.",
		French:  "C’est le groupe %s « %s ».",
	},
	NotAChat: {
		English: "This room is no %s chat of yours. Write this command in one.",
		French:  "Ce salon n’est pas une de vos conversations %s. Écrivez cette commande dans l’une d’elles.",
	},
	OthersRead: {
		English: "Others read here, so this is not answered. Ask it where only you and I are.",
		French:  "D’autres lisent ici : il n’y a donc pas de réponse. Demandez-le là où nous ne sommes que tous les deux.",
	},
	OnlyForOneself: {
		English: "This command answers only the person whose account it is.",
		French:  "Cette commande ne répond qu’à la personne à qui appartient le compte.",
	},
	LinkFirst: {
		English: "You are not linked to %s. Write “login” in your chat with it.",
		French:  "Vous n’êtes pas lié à %s. Écrivez « login » dans votre conversation avec ce service.",
	},
	Blocked: {
		English: "%s is blocked: nothing from them reaches you on %s. Write “%s unblock” to undo it.",
		French:  "%s est bloqué : rien de sa part ne vous parvient sur %s. Écrivez « %s unblock » pour annuler.",
	},
	Unblocked: {
		English: "%s is not blocked any more.",
		French:  "%s n’est plus bloqué.",
	},
	NotBlocked: {
		English: "%s did not make this change. Try again later, or do it on the phone.",
		French:  "%s n’a pas fait ce changement. Réessayez plus tard, ou faites-le sur le téléphone.",
	},
	BlockWhom: {
		English: "Say whom: write this command in the chat with one person, or add their phone number to it.",
		French:  "Dites qui : écrivez cette commande dans la conversation avec une personne, ou ajoutez-y son numéro de téléphone.",
	},
	GiveNumber: {
		English: "Add the phone number to the command, with its country code, such as +33 6 12 34 56 78.",
		French:  "Ajoutez le numéro de téléphone à la commande, avec l’indicatif du pays, comme +33 6 12 34 56 78.",
	},
	GiveWords: {
		English: "Add a part of the name or of the number to the command.",
		French:  "Ajoutez une partie du nom ou du numéro à la commande.",
	},
	HelpStartChat: {
		English: "Start a chat with the person who has this number",
		French:  "Commencer une conversation avec la personne qui a ce numéro",
	},
	HelpIsThere: {
		English: "Tell whether somebody uses %s with this number",
		French:  "Dire si quelqu’un utilise %s avec ce numéro",
	},
	HelpContacts: {
		English: "List your address book",
		French:  "Afficher votre carnet d’adresses",
	},
	HelpSearch: {
		English: "Find people you know by name or number",
		French:  "Trouver des personnes que vous connaissez par nom ou numéro",
	},
	HelpWhichRoom: {
		English: "Tell which room a phone number has",
		French:  "Dire quel salon correspond à un numéro",
	},
	HelpWho: {
		English: "Tell who this room’s chat is with",
		French:  "Dire avec qui est la conversation de ce salon",
	},
	HelpBlock: {
		English: "Block the person of this chat, or of a number",
		French:  "Bloquer la personne de cette conversation, ou d’un numéro",
	},
	HelpUnblock: {
		English: "Undo “block”",
		French:  "Annuler « block »",
	},
	HelpBridge: {
		English: "Bring a chat into this room",
		French:  "Amener une conversation dans ce salon",
	},
	HelpUnbridge: {
		English: "Take the chat out of this room; the room and its messages stay",
		French:  "Retirer la conversation de ce salon ; le salon et ses messages restent",
	},
	BridgeUsage: {
		English: "Add to the command which chat: a phone number, or what “id” answers in the chat’s room.",
		French:  "Ajoutez à la commande la conversation voulue : un numéro de téléphone, ou ce que « id » répond dans le salon de la conversation.",
	},
	RoomHasChat: {
		English: "This room has a chat already. Write “%s unbridge” to take it out first.",
		French:  "Ce salon a déjà une conversation. Écrivez « %s unbridge » pour la retirer d’abord.",
	},
	ChatHasRoom: {
		English: "This chat has a room already: %s. Write “%s unbridge” there first.",
		French:  "Cette conversation a déjà un salon : %s. Écrivez-y d’abord « %s unbridge ».",
	},
	ChatUnknown: {
		English: "You have no such chat on %s.",
		French:  "Vous n’avez pas de telle conversation sur %s.",
	},
	NoSay: {
		English: "Only those who administer this room can do this.",
		French:  "Seules les personnes qui administrent ce salon peuvent le faire.",
	},
	BotNeedsRights: {
		English: "I need to be a moderator of this room first. Give me that right in the room’s settings and repeat the command.",
		French:  "Je dois d’abord être modérateur de ce salon. Donnez-moi ce droit dans les réglages du salon et répétez la commande.",
	},
	NeedsEncryption: {
		English: "This room is not encrypted, so no chat comes here. Turn on encryption in the room’s settings and repeat the command.",
		French:  "Ce salon n’est pas chiffré : aucune conversation n’y vient. Activez le chiffrement dans les réglages du salon et répétez la commande.",
	},
	RoomLinked: {
		English: "This room now shows the %s chat. Everybody here can read it. Write “%s unbridge” to undo it.",
		French:  "Ce salon affiche maintenant la conversation %s. Tout le monde ici peut la lire. Écrivez « %s unbridge » pour annuler.",
	},
	RoomNotLinked: {
		English: "The %s chat could not be brought here. Try again later.",
		French:  "La conversation %s n’a pas pu être amenée ici. Réessayez plus tard.",
	},
	RoomUnlinked: {
		English: "This room no longer shows the %s chat. Its messages stay. The next message opens a room of its own.",
		French:  "Ce salon n’affiche plus la conversation %s. Ses messages restent. Le prochain message ouvrira un salon à part.",
	},
	RoomStillLinked: {
		English: "The %s chat could not be taken out of this room. Try again later.",
		French:  "La conversation %s n’a pas pu être retirée de ce salon. Réessayez plus tard.",
	},
	SectionWithWhom: {English: "People", French: "Personnes"},
	ArgPhoneNumber:  {English: "<phone number>", French: "<numéro de téléphone>"},
	ArgWords:        {English: "<name or number>", French: "<nom ou numéro>"},
	ArgChat:         {English: "<phone number or chat>", French: "<numéro de téléphone ou conversation>"},
	ArgMaybeNumber:  {English: "[phone number]", French: "[numéro de téléphone]"},
}
