package say

// Sentences about people’s own accounts for which a bot acts.
const (
	BusinessHow         Sentence = "business-how"          // network, link, the bot's name
	BusinessOff         Sentence = "business-off"          // network
	BusinessProven      Sentence = "business-proven"       // network, name
	BusinessStranger    Sentence = "business-stranger"     // network, name
	BusinessConnected   Sentence = "business-connected"    // network, name
	BusinessChanged     Sentence = "business-changed"      // network, name
	BusinessCut         Sentence = "business-cut"          // network, name
	BusinessState       Sentence = "business-state"        // network, name
	BusinessCannotReply Sentence = "business-cannot-reply" //
	BusinessCannotRead  Sentence = "business-cannot-read"  //
	BusinessCannotDrop  Sentence = "business-cannot-drop"  //
	BusinessMayNot      Sentence = "business-may-not"      // network
	BusinessWindow      Sentence = "business-window"       // network
	BusinessGone        Sentence = "business-gone"         // network
	BusinessChat        Sentence = "business-chat"         // network
	BusinessNoReactions Sentence = "business-no-reactions" // network
	BotEditsOwn         Sentence = "bot-edits-own"         // network
	HelpBusiness        Sentence = "help-business"         // network
)

var aboutBusiness = map[Sentence]map[Language]string{
	BusinessHow: {
		English: "To have your own %[1]s account’s chats here, do this on your phone: open %[2]s and press start, which shows that the account is yours; then open Settings, Telegram Business, Chatbots, add %[3]s, choose the chats, and let it reply and mark messages as read. The link is for you alone and holds for an hour.",
		French:  "Pour avoir ici les conversations de votre propre compte %[1]s, faites ceci sur votre téléphone : ouvrez %[2]s et appuyez sur le bouton de démarrage, ce qui montre que le compte est à vous ; puis ouvrez Paramètres, Telegram Business, Chatbots, ajoutez %[3]s, choisissez les conversations, et autorisez-le à répondre et à marquer les messages comme lus. Le lien n’est que pour vous et vaut une heure.",
	},
	BusinessOff: {
		English: "This bot cannot act for people’s own accounts on %s yet. Write to @BotFather, choose the bot, “Bot Settings”, “Business Mode”, and turn it on; then write “business” again.",
		French:  "Ce bot ne peut pas encore agir pour le compte d’une personne sur %s. Écrivez à @BotFather, choisissez le bot, « Bot Settings », « Business Mode », activez-le, puis écrivez de nouveau « business ».",
	},
	BusinessProven: {
		English: "The %s account “%s” is yours, then. Its chats come here once it is connected with the bot: on the phone, Settings, Telegram Business, Chatbots.",
		French:  "Le compte %s « %s » est donc à vous. Ses conversations arrivent ici une fois qu’il est connecté au bot : sur le téléphone, Paramètres, Telegram Business, Chatbots.",
	},
	BusinessStranger: {
		English: "Somebody called “%[2]s” has connected their own %[1]s account with your bot. Nothing of it is shown here. If it is you, write “business” and open the link there with that account.",
		French:  "Quelqu’un du nom de « %[2]s » a connecté son propre compte %[1]s à votre bot. Rien n’en est montré ici. Si c’est vous, écrivez « business » et ouvrez le lien avec ce compte.",
	},
	BusinessConnected: {
		English: "Your own %s account “%s” is connected with the bot. Its chats, as you chose them on the phone, come here.",
		French:  "Votre propre compte %s « %s » est connecté au bot. Ses conversations, telles que vous les avez choisies sur le téléphone, arrivent ici.",
	},
	BusinessChanged: {
		English: "What the bot may do for your own %s account “%s” has changed.",
		French:  "Ce que le bot peut faire pour votre propre compte %s « %s » a changé.",
	},
	BusinessCut: {
		English: "Your own %s account “%s” is no longer connected with the bot: nothing comes or goes in its chats here. Connect it again on the phone: Settings, Telegram Business, Chatbots.",
		French:  "Votre propre compte %s « %s » n’est plus connecté au bot : rien n’arrive ni ne part dans ses conversations ici. Reconnectez-le sur le téléphone : Paramètres, Telegram Business, Chatbots.",
	},
	BusinessState: {
		English: "Your own %s account “%s” is connected with the bot. You may write here within 24 hours of a contact’s last message.",
		French:  "Votre propre compte %s « %s » est connecté au bot. Vous pouvez écrire ici dans les 24 heures qui suivent le dernier message d’un contact.",
	},
	BusinessCannotReply: {
		English: "It may not reply: what you write here is not sent.",
		French:  "Il n’a pas le droit de répondre : ce que vous écrivez ici n’est pas envoyé.",
	},
	BusinessCannotRead: {
		English: "It may not mark messages as read: what you read here stays unread there.",
		French:  "Il n’a pas le droit de marquer les messages comme lus : ce que vous lisez ici reste non lu là-bas.",
	},
	BusinessCannotDrop: {
		English: "It may not delete: what you delete here stays there.",
		French:  "Il n’a pas le droit de supprimer : ce que vous supprimez ici reste là-bas.",
	},
	BusinessMayNot: {
		English: "Your own %s account does not let the bot do this. Give it the right on the phone: Settings, Telegram Business, Chatbots.",
		French:  "Votre propre compte %s ne permet pas cela au bot. Donnez-lui ce droit sur le téléphone : Paramètres, Telegram Business, Chatbots.",
	},
	BusinessWindow: {
		English: "On %s the bot may write for you only within 24 hours of the contact’s last message. Yours was not sent: write it on the phone.",
		French:  "Sur %s, le bot ne peut écrire pour vous que dans les 24 heures qui suivent le dernier message du contact. Le vôtre n’a pas été envoyé : écrivez-le sur le téléphone.",
	},
	BusinessGone: {
		English: "Your own %s account is no longer connected with the bot for this chat, so nothing was sent on. Connect it again on the phone: Settings, Telegram Business, Chatbots.",
		French:  "Votre propre compte %s n’est plus connecté au bot pour cette conversation : rien n’a été transmis. Reconnectez-le sur le téléphone : Paramètres, Telegram Business, Chatbots.",
	},
	BusinessChat: {
		English: "A chat of your own %s account, for which the bot acts",
		French:  "Une conversation de votre propre compte %s, pour lequel le bot agit",
	},
	BusinessNoReactions: {
		English: "%s lets a bot not react for somebody’s own account, so your reaction was not sent on. React on the phone.",
		French:  "%s ne permet pas à un bot de réagir pour le compte d’une personne : votre réaction n’a pas été transmise. Réagissez sur le téléphone.",
	},
	BotEditsOwn: {
		English: "On %s a bot can change only what it wrote itself, for a while. This is changed here only.",
		French:  "Sur %s, un bot ne peut modifier que ce qu’il a écrit lui-même, et un certain temps. Ceci n’est modifié qu’ici.",
	},
	HelpBusiness: {
		English: "Have the chats of your own %s account here, through the bot",
		French:  "Avoir ici les conversations de votre propre compte %s, par le bot",
	},
}
