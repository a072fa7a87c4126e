package say

// Sentences about links by which contacts come to a bot, and about who is in charge of one.
const (
	StartPressed     Sentence = "start-pressed"      // network
	StartForStaff    Sentence = "start-for-staff"    // network, name
	StartStaffAbsent Sentence = "start-staff-absent" // network, name
	StartForRoom     Sentence = "start-for-room"     // network
	StartRoomTaken   Sentence = "start-room-taken"   // network
	StartUnknown     Sentence = "start-unknown"      // network
	StartExpired     Sentence = "start-expired"      // network
	StartUsedUp      Sentence = "start-used-up"      // network
	StartRevoked     Sentence = "start-revoked"      // network
	LinkMade         Sentence = "link-made"          // number, link, whom it is for, until when, for how many
	LinkLine         Sentence = "link-line"          // number, whom it is for, until when, used, for how many
	LinkForRoom      Sentence = "link-for-room"      // link of a room
	LinkForAccount   Sentence = "link-for-account"   //
	LinkAnyNumber    Sentence = "link-any-number"    //
	LinkUsage        Sentence = "link-usage"         // command prefix
	LinkHere         Sentence = "link-here"          // command prefix
	LinkRoomOnce     Sentence = "link-room-once"     //
	LinkStranger     Sentence = "link-stranger"      // Matrix ID
	LinksTooMany     Sentence = "links-too-many"     // command prefix
	LinksNone        Sentence = "links-none"         // command prefix
	LinkRevoked      Sentence = "link-revoked"       // number
	LinkNoSuch       Sentence = "link-no-such"       // command prefix
	FirstContact     Sentence = "first-contact"      // network, link, until when
	FirstContactAsk  Sentence = "first-contact-ask"  // network, command prefix
	BotNoContacts    Sentence = "bot-no-contacts"    // network, command prefix
	BotNoHistory     Sentence = "bot-no-history"     // network
	BotNoReceipts    Sentence = "bot-no-receipts"    // network
	StaffAre         Sentence = "staff-are"          // names
	StaffNone        Sentence = "staff-none"         //
	StaffUsage       Sentence = "staff-usage"        //
	StaffConfigured  Sentence = "staff-configured"   //
	SectionLinks     Sentence = "section-links"      //
	HelpStartLink    Sentence = "help-start-link"    // network
	HelpStartLinks   Sentence = "help-start-links"   //
	HelpRevokeLink   Sentence = "help-revoke-link"   //
	HelpStaff        Sentence = "help-staff"         //
	HelpFirstContact Sentence = "help-first-contact" // network
	HelpBotHistory   Sentence = "help-bot-history"   //
	HelpBotReceipts  Sentence = "help-bot-receipts"  //
	ArgStartLink     Sentence = "arg-start-link"     //
	ArgNumber        Sentence = "arg-number"         //
	ArgStaff         Sentence = "arg-staff"          //
	BotWasAway       Sentence = "bot-was-away"       // network, from, to
)

var aboutLinks = map[Sentence]map[Language]string{
	StartPressed: {
		English: "This contact has pressed the bot’s start button on %s.",
		French:  "Ce contact a appuyé sur le bouton de démarrage du bot sur %s.",
	},
	StartForStaff: {
		English: "This contact has come on %s by the link for %s.",
		French:  "Ce contact est venu sur %s par le lien destiné à %s.",
	},
	StartStaffAbsent: {
		English: "This contact has come on %[1]s by the link for %[2]s, who could not be invited here. Invite %[2]s, or answer in their place.",
		French:  "Ce contact est venu sur %[1]s par le lien destiné à %[2]s, qui n’a pas pu être invité ici. Invitez %[2]s, ou répondez à sa place.",
	},
	StartForRoom: {
		English: "This contact has come on %s by the link for this room.",
		French:  "Ce contact est venu sur %s par le lien destiné à ce salon.",
	},
	StartRoomTaken: {
		English: "This contact has come on %s by the link for a room, and is here instead: they had this chat already, or that room does not take one.",
		French:  "Ce contact est venu sur %s par le lien destiné à un salon, et se trouve ici à la place : il avait déjà cette conversation, ou ce salon n’en accepte pas.",
	},
	StartUnknown: {
		English: "This contact has come on %s by a link that is not known here, perhaps one that was typed wrong. They are here as whoever writes to the bot.",
		French:  "Ce contact est venu sur %s par un lien inconnu ici, peut-être mal recopié. Il est ici comme toute personne qui écrit au bot.",
	},
	StartExpired: {
		English: "This contact has come on %s by a link whose time is over. They are here as whoever writes to the bot.",
		French:  "Ce contact est venu sur %s par un lien dont la durée est passée. Il est ici comme toute personne qui écrit au bot.",
	},
	StartUsedUp: {
		English: "This contact has come on %s by a link that others have used already. They are here as whoever writes to the bot.",
		French:  "Ce contact est venu sur %s par un lien que d’autres ont déjà utilisé. Il est ici comme toute personne qui écrit au bot.",
	},
	StartRevoked: {
		English: "This contact has come on %s by a link that was taken back. They are here as whoever writes to the bot.",
		French:  "Ce contact est venu sur %s par un lien qui a été retiré. Il est ici comme toute personne qui écrit au bot.",
	},
	LinkMade: {
		English: "Link %[1]d: %[2]s\nWhoever opens it comes to %[3]s. It holds until %[4]s, for %[5]s. It is shown only now.",
		French:  "Lien %[1]d : %[2]s\nQui l’ouvre arrive à %[3]s. Il est valable jusqu’à %[4]s, pour %[5]s. Il n’est montré que maintenant.",
	},
	LinkLine: {
		English: "%d: to %s, until %s, used %d of %s",
		French:  "%d : vers %s, jusqu’à %s, utilisé %d sur %s",
	},
	LinkForRoom:    {English: "the room %s", French: "le salon %s"},
	LinkForAccount: {English: "your own account", French: "votre propre compte"},
	LinkAnyNumber:  {English: "any number of contacts", French: "un nombre quelconque de contacts"},
	LinkUsage: {
		English: "Write “%[1]s start-link”, and behind it, if you like, whom it is for (@name:server, or “here” for this room), for how long (12h, 30d) and for how many contacts (5x, or “any”).",
		French:  "Écrivez « %[1]s start-link » et, si vous le voulez, à qui il est destiné (@nom:serveur, ou « here » pour ce salon), pour combien de temps (12h, 30d) et pour combien de contacts (5x, ou « any »).",
	},
	LinkHere: {
		English: "“here” is for a room of your own that is no chat’s yet: invite me there, and write “%s start-link here”.",
		French:  "« here » est pour un salon à vous qui n’est pas encore celui d’une conversation : invitez-m’y, et écrivez-y « %s start-link here ».",
	},
	LinkRoomOnce: {
		English: "A room holds one chat, so a link to it is for one contact only.",
		French:  "Un salon contient une seule conversation : un lien vers lui ne sert donc qu’à un contact.",
	},
	LinkStranger: {
		English: "%s has no account here, or may not use this. A link is for somebody of your staff.",
		French:  "%s n’a pas de compte ici, ou ne peut pas utiliser ce service. Un lien est destiné à quelqu’un de votre personnel.",
	},
	LinksTooMany: {
		English: "The bot has too many links. Take some back first: “%s revoke-link” and the number.",
		French:  "Le bot a trop de liens. Retirez-en d’abord : « %s revoke-link » et le numéro.",
	},
	LinksNone: {
		English: "There are no links now. “%s start-link” makes one.",
		French:  "Il n’y a pas de lien en ce moment. « %s start-link » en crée un.",
	},
	LinkRevoked: {
		English: "Link %d is taken back: whoever opens it now comes in as anybody.",
		French:  "Le lien %d est retiré : qui l’ouvre désormais arrive comme tout le monde.",
	},
	LinkNoSuch: {
		English: "There is no such link. “%s start-links” lists them with their numbers.",
		French:  "Ce lien n’existe pas. « %s start-links » les liste avec leurs numéros.",
	},
	FirstContact: {
		English: "A bot cannot write first on %s. Send this link to the contact in another way: %s\nOnce they open it and press start, the chat is here, and you are in it. It holds until %s, for one contact.",
		French:  "Un bot ne peut pas écrire le premier sur %s. Envoyez ce lien au contact par un autre moyen : %s\nDès qu’il l’ouvre et appuie sur le bouton de démarrage, la conversation est ici, et vous y êtes. Il est valable jusqu’à %s, pour un contact.",
	},
	FirstContactAsk: {
		English: "A bot cannot write first on %s. Write “%s start-link” for a link by which the contact can begin.",
		French:  "Un bot ne peut pas écrire le premier sur %s. Écrivez « %s start-link » pour obtenir un lien par lequel le contact peut commencer.",
	},
	BotNoContacts: {
		English: "A bot has no address book on %s: it knows those who have written to it. Write “%s start-link” for a link by which somebody can begin.",
		French:  "Un bot n’a pas de carnet d’adresses sur %s : il connaît ceux qui lui ont écrit. Écrivez « %s start-link » pour obtenir un lien par lequel quelqu’un peut commencer.",
	},
	BotNoHistory: {
		English: "%s gives a bot no earlier messages: a chat begins here with the first one that comes while the bot is connected.",
		French:  "%s ne donne pas aux bots les messages antérieurs : une conversation commence ici avec le premier qui arrive quand le bot est connecté.",
	},
	BotNoReceipts: {
		English: "%s tells a bot neither what contacts have read nor when they type, and contacts are not told what you have read.",
		French:  "%s ne dit à un bot ni ce que les contacts ont lu ni quand ils écrivent, et ne dit pas aux contacts ce que vous avez lu.",
	},
	StaffAre: {
		English: "Besides the bot’s owner, each new chat is for: %s",
		French:  "Outre le propriétaire du bot, chaque nouvelle conversation est pour : %s",
	},
	StaffNone: {
		English: "Each new chat is for the bot’s owner alone.",
		French:  "Chaque nouvelle conversation est pour le seul propriétaire du bot.",
	},
	StaffUsage: {
		English: "Write “staff” and the names of those who share the bot’s new chats, such as @karim:server; or “staff none”.",
		French:  "Écrivez « staff » et les noms de ceux qui partagent les nouvelles conversations du bot, par exemple @karim:serveur ; ou « staff none ».",
	},
	StaffConfigured: {
		English: "Your administrator says who is in charge of this bot.",
		French:  "C’est votre administrateur qui dit qui est responsable de ce bot.",
	},
	SectionLinks:     {English: "How contacts come", French: "Comment viennent les contacts"},
	HelpStartLink:    {English: "Make a link by which a contact can write to the bot on %s", French: "Créer un lien par lequel un contact peut écrire au bot sur %s"},
	HelpStartLinks:   {English: "List the links that hold", French: "Lister les liens valables"},
	HelpRevokeLink:   {English: "Take a link back", French: "Retirer un lien"},
	HelpStaff:        {English: "Say who shares the bot’s new chats with you", French: "Dire qui partage avec vous les nouvelles conversations du bot"},
	HelpFirstContact: {English: "Begin a chat on %s, as far as a bot can", French: "Commencer une conversation sur %s, autant qu’un bot le peut"},
	HelpBotHistory:   {English: "What there is of earlier messages", French: "Ce qu’il y a des messages antérieurs"},
	HelpBotReceipts:  {English: "What is told of reading and typing", French: "Ce qui est dit de la lecture et de la frappe"},
	ArgStartLink:     {English: "[@name:server|here] [30d] [5x|any]", French: "[@nom:serveur|here] [30d] [5x|any]"},
	ArgNumber:        {English: "<number>", French: "<numéro>"},
	ArgStaff:         {English: "[@name:server …|none]", French: "[@nom:serveur …|none]"},
	BotWasAway: {
		English: "The bot was not connected to %[1]s from %[2]s to %[3]s. %[1]s keeps messages for a bot for one day only: what contacts wrote before that is lost. Ask those who may have written.",
		French:  "Le bot n’était pas connecté à %[1]s de %[2]s à %[3]s. %[1]s ne garde les messages pour un bot qu’un seul jour : ce que les contacts ont écrit avant est perdu. Demandez à ceux qui ont pu écrire.",
	},
}
