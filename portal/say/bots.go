package say

// The sentences about bots, through which staff write on some networks. What the placeholders stand for is said beside each.
const (
	FlowBotKey      Sentence = "flow-bot-key"      //
	BotKey          Sentence = "bot-key"           //
	AskBotKey       Sentence = "ask-bot-key"       //
	DeleteSecret    Sentence = "delete-secret"     //
	BotKeyWrong     Sentence = "bot-key-wrong"     // network
	BotConnected    Sentence = "bot-connected"     // network, the bot's name, its link
	BotKeyGone      Sentence = "bot-key-gone"      // network
	BotKeyChanged   Sentence = "bot-key-changed"   // network
	BotUsedTwice    Sentence = "bot-used-twice"    // network
	BotWaits        Sentence = "bot-waits"         // network, time
	BotBlocked      Sentence = "bot-blocked"       // network
	BotBlockedIn    Sentence = "bot-blocked-in"    // network
	BotUnblockedIn  Sentence = "bot-unblocked-in"  // network
	BotNotInGroup   Sentence = "bot-not-in-group"  // network
	BotPutOut       Sentence = "bot-put-out"       // network
	BotNotFirst     Sentence = "bot-not-first"     // network
	BotMayNot       Sentence = "bot-may-not"       // network
	BotPerhaps      Sentence = "bot-perhaps"       // network
	BotReactions    Sentence = "bot-reactions"     // network, some emoji
	BotDeletesEarly Sentence = "bot-deletes-early" // network, hours
	CannotShow      Sentence = "cannot-show"       // network
	CannotShowAbove Sentence = "cannot-show-above" // network
	Sticker         Sentence = "sticker"           //
)

var aboutBots = map[Sentence]map[Language]string{
	FlowBotKey: {
		English: "connect a bot, with the code that @BotFather gave you for it",
		French:  "connecter un bot, avec le code que @BotFather vous a donné pour lui",
	},
	BotKey: {English: "the bot’s code", French: "le code du bot"},
	AskBotKey: {
		English: "Write to @BotFather on Telegram, make a bot or choose one, and copy its code here. It looks like 123456789:AAF-abc… Whoever has it can write as the bot, so your message with it is deleted here.",
		French:  "Écrivez à @BotFather sur Telegram, créez un bot ou choisissez-en un, et copiez son code ici. Il ressemble à 123456789:AAF-abc… Qui le possède peut écrire au nom du bot : votre message sera donc supprimé ici.",
	},
	DeleteSecret: {
		English: "Your message with the secret could not be deleted here. Delete it yourself: whoever reads it can use it.",
		French:  "Votre message avec le secret n’a pas pu être supprimé ici. Supprimez-le vous-même : qui le lit peut s’en servir.",
	},
	BotKeyWrong: {
		English: "%s knows no bot with this code. Copy the whole code from @BotFather and write “login” to try again.",
		French:  "%s ne connaît aucun bot avec ce code. Copiez le code entier depuis @BotFather et écrivez « login » pour réessayer.",
	},
	BotConnected: {
		English: "You are connected to %[1]s as %[2]s. Whoever writes to it, at %[3]s, has a room here. A bot gets no earlier messages, cannot write first, and is not told what contacts have read; “start-link” makes a link by which somebody can begin.",
		French:  "Vous êtes connecté à %[1]s en tant que %[2]s. Toute personne qui lui écrit, sur %[3]s, a un salon ici. Un bot ne reçoit pas les messages antérieurs, ne peut pas écrire le premier et ne sait pas ce que les contacts ont lu ; « start-link » crée un lien par lequel quelqu’un peut commencer.",
	},
	BotKeyGone: {
		English: "%s no longer takes the bot’s code, so nothing comes or goes. Copy the new code from @BotFather, and write “login” here.",
		French:  "%s n’accepte plus le code du bot : rien n’arrive ni ne part. Copiez le nouveau code depuis @BotFather et écrivez « login » ici.",
	},
	BotKeyChanged: {
		English: "The bot’s code for %s cannot be read here any more. Write “login” and give it again.",
		French:  "Le code du bot pour %s ne peut plus être lu ici. Écrivez « login » et donnez-le à nouveau.",
	},
	BotUsedTwice: {
		English: "Another program takes what %s has for this bot, so messages may not come here. Stop it there, or give the bot a new code at @BotFather.",
		French:  "Un autre programme reçoit ce que %s a pour ce bot : des messages peuvent ne pas arriver ici. Arrêtez-le, ou donnez un nouveau code au bot chez @BotFather.",
	},
	BotWaits: {
		English: "Your message waits until about %[2]s: a bot may send only so many on %[1]s at a time. It goes by itself. Delete it if you do not want it sent.",
		French:  "Votre message attend jusqu’à %[2]s environ : un bot ne peut en envoyer qu’un certain nombre à la fois sur %[1]s. Il partira tout seul. Supprimez-le si vous ne voulez pas l’envoyer.",
	},
	BotBlocked: {
		English: "This contact takes no messages from the bot on %s any more. Yours was not sent.",
		French:  "Ce contact n’accepte plus de messages du bot sur %s. Le vôtre n’a pas été envoyé.",
	},
	BotBlockedIn: {
		English: "This contact has blocked the bot on %s: nothing that is written here reaches them until they write again.",
		French:  "Ce contact a bloqué le bot sur %s : rien de ce qui est écrit ici ne lui parvient tant qu’il n’écrit pas à nouveau.",
	},
	BotUnblockedIn: {
		English: "This contact takes messages from the bot on %s again.",
		French:  "Ce contact accepte de nouveau les messages du bot sur %s.",
	},
	BotNotInGroup: {
		English: "The bot is not in this group on %s any more. Your message was not sent.",
		French:  "Le bot n’est plus dans ce groupe sur %s. Votre message n’a pas été envoyé.",
	},
	BotPutOut: {
		English: "The bot is not in this group on %s any more: nothing comes or goes until somebody there adds it again.",
		French:  "Le bot n’est plus dans ce groupe sur %s : rien n’arrive ni ne part tant que personne ne l’y ajoute à nouveau.",
	},
	BotNotFirst: {
		English: "A bot cannot write first on %s. The contact has to write to it, or press its start button: “start-link” makes a link for that.",
		French:  "Un bot ne peut pas écrire le premier sur %s. Le contact doit lui écrire, ou appuyer sur son bouton de démarrage : « start-link » crée un lien pour cela.",
	},
	BotMayNot: {
		English: "On %s the bot may not do this here. Ask an admin of the group to give it the right.",
		French:  "Sur %s, le bot n’a pas le droit de faire cela ici. Demandez à un administrateur du groupe de le lui accorder.",
	},
	BotPerhaps: {
		English: "Your message may or may not have reached %s, and a bot cannot look. Ask the contact before you send it again.",
		French:  "Votre message est peut-être parvenu à %s, peut-être pas : un bot ne peut pas le vérifier. Demandez au contact avant de le renvoyer.",
	},
	BotReactions: {
		English: "%[1]s has no such reaction, so yours was not sent on. It has, among others: %[2]s",
		French:  "%[1]s n’a pas cette réaction : la vôtre n’a pas été transmise. Il a notamment : %[2]s",
	},
	BotDeletesEarly: {
		English: "On %[1]s a bot can delete a message for the first %[2]d hours only. It is deleted here only.",
		French:  "Sur %[1]s, un bot ne peut supprimer un message que pendant les %[2]d premières heures. Il n’est supprimé qu’ici.",
	},
	Sticker: {English: "Sticker", French: "Autocollant"},
	CannotShow: {
		English: "Something came from %s that cannot be shown here. Ask the sender to write it in another way.",
		French:  "Un élément venu de %s ne peut pas être affiché ici. Demandez à l’expéditeur de l’écrire autrement.",
	},
	CannotShowAbove: {
		English: "What came from %s with these words cannot be shown here:",
		French:  "Ce qui est venu de %s avec ces mots ne peut pas être affiché ici :",
	},
}
