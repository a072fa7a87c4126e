package say

// What the commands of administrators answer.
const (
	HelpAdmin         Sentence = "help-admin"          //
	AdminNoRole       Sentence = "admin-no-role"       //
	AdminMayNot       Sentence = "admin-may-not"       //
	AdminNotYours     Sentence = "admin-not-yours"     //
	AdminNotFound     Sentence = "admin-not-found"     //
	AdminArgument     Sentence = "admin-argument"      // the command's description
	AdminDecided      Sentence = "admin-decided"       //
	AdminTakenBack    Sentence = "admin-taken-back"    //
	AdminCannotNow    Sentence = "admin-cannot-now"    //
	AdminFailed       Sentence = "admin-failed"        //
	AdminAlone        Sentence = "admin-alone"         //
	AdminDone         Sentence = "admin-done"          // the verb, the target
	AdminSure         Sentence = "admin-sure"          // what to write
	AdminNone         Sentence = "admin-none"          //
	AdminStays        Sentence = "admin-stays"         //
	AdminMore         Sentence = "admin-more"          // what to write
	AdminNetwork      Sentence = "admin-network"       // network, portals, logins
	AdminNetworkAway  Sentence = "admin-network-away"  // network, reason
	AdminTraffic      Sentence = "admin-traffic"       // in, out, refused
	AdminQueues       Sentence = "admin-queues"        // to rooms, to networks, waiting
	AdminPortal       Sentence = "admin-portal"        // number, name, network, state, contacts
	AdminLogin        Sentence = "admin-login"         // number, owner, network, state
	AdminContact      Sentence = "admin-contact"       // number, name, network, portals
	AdminWaiting      Sentence = "admin-waiting"       // number, kind, rule, portal
	AdminHelpLists    Sentence = "admin-help-lists"    //
	AdminHelpVerbs    Sentence = "admin-help-verbs"    //
	AdminNoConsole    Sentence = "admin-no-console"    //
	AdminConsoleLink  Sentence = "admin-console-link"  // link
	AdminNotEncrypted Sentence = "admin-not-encrypted" //
	AdminHere         Sentence = "admin-here"          //
	StateOpen         Sentence = "state-open"          //
	StatePaused       Sentence = "state-paused"        //
	StateReadOnly     Sentence = "state-read-only"     //
	StateClosed       Sentence = "state-closed"        //
)

var aboutAdministration = map[Sentence]map[Language]string{
	HelpAdmin: {
		English: "govern the border: see chats, accounts and contacts, pause, close, approve",
		French:  "gouverner la frontière : voir les conversations, comptes et contacts, suspendre, fermer, approuver",
	},
	AdminNoRole: {
		English: "You have no role in the administration. Whoever runs this gateway can give you one, in its configuration.",
		French:  "Vous n'avez aucun rôle dans l'administration. La personne qui exploite la passerelle peut vous en donner un dans sa configuration.",
	},
	AdminMayNot:   {English: "Your role does not allow that.", French: "Votre rôle ne le permet pas."},
	AdminNotYours: {English: "That belongs to another department.", French: "Cela relève d'un autre service."},
	AdminNotFound: {
		English: "There is no such thing. The numbers are those of the last list that you were shown.",
		French:  "Cela n'existe pas. Les numéros sont ceux de la dernière liste affichée.",
	},
	AdminArgument: {English: "Write it like this: %s", French: "Écrivez ainsi : %s"},
	AdminDecided:  {English: "That was decided already.", French: "C'est déjà décidé."},
	AdminTakenBack: {
		English: "Its sender has taken it back. It does not cross.",
		French:  "L'expéditeur l'a retiré : cela ne passera pas.",
	},
	AdminCannotNow: {
		English: "That cannot be done as things are: the account is not connected, or it is not in that conversation.",
		French:  "Ce n'est pas possible en l'état : le compte n'est pas connecté, ou il ne fait pas partie de cette conversation.",
	},
	AdminFailed: {
		English: "That did not work. The log of this gateway says why; nothing is half done that cannot be done again.",
		French:  "Cela n'a pas fonctionné. Le journal de la passerelle dit pourquoi ; rien n'est fait à moitié qui ne puisse être refait.",
	},
	AdminAlone: {
		English: "Others read along here. Write this in your own chat with me.",
		French:  "D'autres personnes lisent ici. Écrivez cela dans votre conversation avec moi.",
	},
	AdminDone: {English: "Done: %s %s", French: "Fait : %s %s"},
	AdminSure: {
		English: "This cannot be taken back. If you mean it, write: %s",
		French:  "C'est irréversible. Si c'est bien ce que vous voulez, écrivez : %s",
	},
	AdminNone:        {English: "There is nothing.", French: "Il n'y a rien."},
	AdminStays:       {English: "This stays:", French: "Il reste :"},
	AdminMore:        {English: "There is more: %s", French: "Il y en a d'autres : %s"},
	AdminNetwork:     {English: "%s: %d conversations, accounts: %s", French: "%s : %d conversations, comptes : %s"},
	AdminNetworkAway: {English: "%s does not run: %s", French: "%s ne fonctionne pas : %s"},
	AdminTraffic: {
		English: "Today %d messages came in, %d went out, and %d were stopped.",
		French:  "Aujourd'hui, %d messages reçus, %d envoyés et %d arrêtés.",
	},
	AdminQueues: {
		English: "On their way: %d in, %d out. Waiting for a decision: %d.",
		French:  "En chemin : %d en réception, %d en envoi. En attente d'une décision : %d.",
	},
	AdminPortal:  {English: "%d. %s (%s), %s, contacts: %d", French: "%d. %s (%s), %s, contacts : %d"},
	AdminLogin:   {English: "%d. %s (%s): %s", French: "%d. %s (%s) : %s"},
	AdminContact: {English: "%d. %s (%s), conversations: %d", French: "%d. %s (%s), conversations : %d"},
	AdminWaiting: {English: "%d. %s, held by “%s”, in %s", French: "%d. %s, retenu par « %s », dans %s"},
	AdminHelpLists: {
		English: "Lists: `overview`, `portals [words]`, `logins`, `contacts [words]`, `waiting`; `console` for the pages. Then act on a number of the list:",
		French:  "Listes : `overview`, `portals [mots]`, `logins`, `contacts [mots]`, `waiting` ; `console` pour les pages. Puis agissez sur un numéro de la liste :",
	},
	AdminHelpVerbs: {
		English: "In a conversation's own room, leave the number out: `pause`.",
		French:  "Dans le salon d'une conversation, omettez le numéro : `pause`.",
	},
	AdminNoConsole: {
		English: "The console is not set up. Whoever runs this gateway can do so: `console.listen` in its configuration.",
		French:  "La console n'est pas installée. La personne qui exploite la passerelle peut le faire : `console.listen` dans sa configuration.",
	},
	AdminConsoleLink: {
		English: "Open this within two minutes, in the browser in which you want to work. It works once: %s",
		French:  "Ouvrez ce lien d'ici deux minutes, dans le navigateur où vous voulez travailler. Il ne sert qu'une fois : %s",
	},
	AdminNotEncrypted: {
		English: "This room is not encrypted. Write this in an encrypted chat with me.",
		French:  "Ce salon n'est pas chiffré. Écrivez cela dans une conversation chiffrée avec moi.",
	},
	AdminHere:     {English: "this conversation", French: "cette conversation"},
	StateOpen:     {English: "open", French: "ouverte"},
	StatePaused:   {English: "paused", French: "suspendue"},
	StateReadOnly: {English: "read-only", French: "en lecture seule"},
	StateClosed:   {English: "closed", French: "fermée"},
}
