package say

// The sentences about groups in which a bot is. What the placeholders stand for is said beside each.
const (
	AnswerUnlinked   Sentence = "answer-unlinked"    // network
	BeforeGrowth     Sentence = "before-growth"      // network
	BotAddsNobody    Sentence = "bot-adds-nobody"    // network, beginning of commands
	BotAway          Sentence = "bot-away"           // network
	BotBackIn        Sentence = "bot-back-in"        // network
	BotNotInChanged  Sentence = "bot-not-in-changed" // network
	BotSeesLittle    Sentence = "bot-sees-little"    // network, the bot's name
	ChannelRights    Sentence = "channel-rights"     // network
	GroupGrew        Sentence = "group-grew"         // network
	GroupMustGrow    Sentence = "group-must-grow"    // network
	GroupNameLength  Sentence = "group-name-length"  // network, characters
	GroupTopicLength Sentence = "group-topic-length" // network, characters
	MemberAdmin      Sentence = "member-admin"       // network
	PinnedElsewhere  Sentence = "pinned-elsewhere"   // network
	RightsHereOnly   Sentence = "rights-here-only"   // network
	TopicClosed      Sentence = "topic-closed"       // network
	TopicClosedIn    Sentence = "topic-closed-in"    // network
	TopicGone        Sentence = "topic-gone"         // network
	TopicIcon        Sentence = "topic-icon"         //
	TopicOpened      Sentence = "topic-opened"       // name
	TopicRenamed     Sentence = "topic-renamed"      // name
	TopicReopenedIn  Sentence = "topic-reopened-in"  // network
	TopicUnnamed     Sentence = "topic-unnamed"      //
)

var aboutBotGroups = map[Sentence]map[Language]string{
	AnswerUnlinked: {
		English: "Your message was sent, but not as an answer: the other one was written before the group grew into a larger one on %s. Say there what you answer.",
		French:  "Votre message a été envoyé, mais pas comme réponse : l’autre a été écrit avant que le groupe ne devienne un grand groupe sur %s. Précisez-y à quoi vous répondez.",
	},
	BeforeGrowth: {
		English: "This message was written before the group grew into a larger one on %s, which no longer lets it be changed. Nothing was changed there.",
		French:  "Ce message a été écrit avant que le groupe ne devienne un grand groupe sur %s, qui ne permet plus de le modifier. Rien n’y a été modifié.",
	},
	BotAddsNobody: {
		English: "On %[1]s a bot cannot add anybody to a group. Write “%[2]s invite-link” here, and send the link to whom you want in.",
		French:  "Sur %[1]s, un bot ne peut ajouter personne à un groupe. Écrivez « %[2]s invite-link » ici et envoyez le lien à la personne concernée.",
	},
	BotAway: {
		English: "The bot of this chat is not connected to %s now.",
		French:  "Le bot de cette discussion n’est pas connecté à %s en ce moment.",
	},
	BotBackIn: {
		English: "The bot is in this group on %s again.",
		French:  "Le bot est de nouveau dans ce groupe sur %s.",
	},
	BotNotInChanged: {
		English: "The bot is not in this group on %s any more, so nothing was changed there.",
		French:  "Le bot n’est plus dans ce groupe sur %s : rien n’y a été modifié.",
	},
	BotSeesLittle: {
		English: "In this group on %[1]s, %[2]s sees only commands and answers to what it wrote; nothing else arrives here. To read all, ask an admin of the group to make the bot an admin. Or turn its privacy off at @BotFather (/setprivacy), then take the bot out of the group and add it again.",
		French:  "Dans ce groupe sur %[1]s, %[2]s ne voit que les commandes et les réponses à ses messages ; rien d’autre n’arrive ici. Pour tout lire, demandez à un administrateur du groupe de nommer le bot administrateur. Ou désactivez sa confidentialité chez @BotFather (/setprivacy), puis retirez le bot du groupe et ajoutez-le à nouveau.",
	},
	ChannelRights: {
		English: "In a %s channel only its admins write, and that cannot be changed here. Nothing was changed there.",
		French:  "Dans un canal %s, seuls les administrateurs écrivent, et cela ne peut pas être modifié ici. Rien n’y a été modifié.",
	},
	GroupGrew: {
		English: "This group has become a large one on %s. It goes on in this room.",
		French:  "Ce groupe est devenu un grand groupe sur %s. La conversation continue dans ce salon.",
	},
	GroupMustGrow: {
		English: "%s lets a bot do this in large groups only. An admin makes the group one by turning on the visible history for new members in its settings.",
		French:  "%s ne permet cela à un bot que dans les grands groupes. Un administrateur en fait un en rendant l’historique visible aux nouveaux membres dans les réglages du groupe.",
	},
	GroupNameLength: {
		English: "On %[1]s a group’s name has between 1 and %[2]d characters. Choose another one.",
		French:  "Sur %[1]s, le nom d’un groupe compte de 1 à %[2]d caractères. Choisissez-en un autre.",
	},
	GroupTopicLength: {
		English: "On %[1]s a group’s description has at most %[2]d characters. Shorten it.",
		French:  "Sur %[1]s, la description d’un groupe compte au plus %[2]d caractères. Raccourcissez-la.",
	},
	MemberAdmin: {
		English: "On %s the bot cannot do this to an admin of the group. Ask the group’s owner.",
		French:  "Sur %s, le bot ne peut pas faire cela à un administrateur du groupe. Demandez à son propriétaire.",
	},
	PinnedElsewhere: {
		English: "A message was pinned on %s that is not in this room.",
		French:  "Un message qui n’est pas dans ce salon a été épinglé sur %s.",
	},
	RightsHereOnly: {
		English: "This right was changed in this room only: a bot cannot set it in a %s group. What it can set is who may write, and who may change the group’s name, picture and description.",
		French:  "Ce droit n’a été modifié que dans ce salon : un bot ne peut pas le régler dans un groupe %s. Il peut régler qui peut écrire, et qui peut modifier le nom, l’image et la description du groupe.",
	},
	TopicClosed: {
		English: "This topic is closed on %s, so your message was not sent. Write outside of the thread, or ask an admin of the group to open the topic again.",
		French:  "Ce sujet est fermé sur %s : votre message n’a pas été envoyé. Écrivez hors du fil, ou demandez à un administrateur du groupe de rouvrir le sujet.",
	},
	TopicClosedIn: {
		English: "This topic was closed on %s: only the group’s admins can write here.",
		French:  "Ce sujet a été fermé sur %s : seuls les administrateurs du groupe peuvent y écrire.",
	},
	TopicGone: {
		English: "This topic was deleted on %s, so your message was not sent. Write outside of the thread.",
		French:  "Ce sujet a été supprimé sur %s : votre message n’a pas été envoyé. Écrivez hors du fil.",
	},
	TopicIcon:       {English: "The topic has another icon now.", French: "Le sujet a maintenant une autre icône."},
	TopicOpened:     {English: "Topic “%s”", French: "Sujet « %s »"},
	TopicRenamed:    {English: "The topic is now called “%s”.", French: "Le sujet s’appelle maintenant « %s »."},
	TopicReopenedIn: {English: "This topic was opened again on %s.", French: "Ce sujet a été rouvert sur %s."},
	TopicUnnamed:    {English: "A topic", French: "Un sujet"},
}
