package say

// The sentences of the configuration check, which administrators read. Keys of the configuration and what a program or server answered
// are filled in: they are the same in every language.
const (
	CheckOK       Sentence = "check-ok"       //
	CheckFailed   Sentence = "check-failed"   //
	CheckUntested Sentence = "check-untested" //
	CheckWarning  Sentence = "check-warning"  //
	CheckLine     Sentence = "check-line"     // part, what was seen
	CheckToDo     Sentence = "check-to-do"    // what to do

	CheckConfiguration Sentence = "check-configuration" //
	CheckPolicy        Sentence = "check-policy"        //
	CheckDatabase      Sentence = "check-database"      // name
	CheckScanner       Sentence = "check-scanner"       //
	CheckAudit         Sentence = "check-audit"         //
	CheckServer        Sentence = "check-server"        //
	CheckAccess        Sentence = "check-access"        // network
	CheckWayBack       Sentence = "check-way-back"      // network
	CheckEncryption    Sentence = "check-encryption"    // network, mode

	CheckValid            Sentence = "check-valid"              //
	CheckRules            Sentence = "check-rules"              // number, what becomes of what none matches
	CheckRulesBroken      Sentence = "check-rules-broken"       // what is wrong
	CheckRulesMend        Sentence = "check-rules-mend"         // key, command
	CheckDatabaseOpen     Sentence = "check-database-open"      //
	CheckDatabaseClosed   Sentence = "check-database-closed"    // what is wrong
	CheckDatabaseMend     Sentence = "check-database-mend"      // key
	CheckAnswers          Sentence = "check-answers"            // address
	CheckAnswersNot       Sentence = "check-answers-not"        // address, what is wrong
	CheckScannerMend      Sentence = "check-scanner-mend"       // key
	CheckServerAnswers    Sentence = "check-server-answers"     // address, version
	CheckServerMend       Sentence = "check-server-mend"        // key
	CheckAuditOff         Sentence = "check-audit-off"          //
	CheckAuditTurnOn      Sentence = "check-audit-turn-on"      // command, key
	CheckAuditBroken      Sentence = "check-audit-broken"       // what is wrong
	CheckAuditLook        Sentence = "check-audit-look"         // command, key
	CheckAuditNoFile      Sentence = "check-audit-no-file"      // number
	CheckAuditSetFile     Sentence = "check-audit-set-file"     // key
	CheckAuditWhole       Sentence = "check-audit-whole"        // number, file
	CheckFailsHere        Sentence = "check-fails-here"         // what is wrong
	CheckReport           Sentence = "check-report"             //
	CheckAccepted         Sentence = "check-accepted"           // Matrix ID
	CheckNotCovered       Sentence = "check-not-covered"        // Matrix ID
	CheckCover            Sentence = "check-cover"              // key, command
	CheckNotAccepted      Sentence = "check-not-accepted"       // what is wrong
	CheckList             Sentence = "check-list"               // key of the server, key
	CheckNoPing           Sentence = "check-no-ping"            //
	CheckNoPingWait       Sentence = "check-no-ping-wait"       //
	CheckCannotListen     Sentence = "check-cannot-listen"      // what is wrong
	CheckListen           Sentence = "check-listen"             // key
	CheckNotReached       Sentence = "check-not-reached"        // address, what is wrong
	CheckReach            Sentence = "check-reach"              // key, key, key
	CheckReachesRunning   Sentence = "check-reaches-running"    //
	CheckReaches          Sentence = "check-reaches"            // address
	CheckDevice           Sentence = "check-device"             //
	CheckNoDevice         Sentence = "check-no-device"          // what is wrong
	CheckDeviceMode       Sentence = "check-device-mode"        // key, file
	CheckDeviceAllow      Sentence = "check-device-allow"       // line, key
	CheckDeviceLogin      Sentence = "check-device-login"       // line, key, mode
	CheckAdministration   Sentence = "check-administration"     //
	CheckFilesGo          Sentence = "check-files-go"           //
	CheckFilesCannot      Sentence = "check-files-cannot"       //
	CheckFilesCannotMend  Sentence = "check-files-cannot-mend"  // key, path, key
	CheckFilesRefused     Sentence = "check-files-refused"      //
	CheckFilesRefusedMend Sentence = "check-files-refused-mend" // key
	CheckPickle           Sentence = "check-pickle"             // key
	CheckTransactions     Sentence = "check-transactions"       //
	CheckTransactionsWant Sentence = "check-transactions-allow" // key, key
)

var aboutCheck = map[Sentence]map[Language]string{
	CheckAdministration: {English: "removal of files", French: "suppression des fichiers"},
	CheckFilesGo: {
		English: "The server accepts the access: erasing a contact removes their files.",
		French:  "Le serveur accepte l’accès : effacer un contact supprime ses fichiers.",
	},
	CheckFilesCannot: {
		English: "This server has no administration that removes files, or keeps it from Passerelle: the files of erased contacts stay. Synapse has one.",
		French:  "Ce serveur n’a pas d’administration qui supprime les fichiers, ou la cache à Passerelle : les fichiers des contacts effacés restent. Synapse en a une.",
	},
	CheckFilesCannotMend: {
		English: "Take %s out, or let Passerelle reach %s at %s.",
		French:  "Retirer %s, ou laisser Passerelle atteindre %s à %s.",
	},
	CheckFilesRefused: {English: "The server refuses the access.", French: "Le serveur refuse l’accès."},
	CheckFilesRefusedMend: {
		English: "Set %s to what gives an administrator of the server access.",
		French:  "Régler %s sur ce qui donne accès à un administrateur du serveur.",
	},
	CheckOK:       {English: "ok", French: "bon"},
	CheckFailed:   {English: "FAILED", French: "ÉCHEC"},
	CheckUntested: {English: "not tested", French: "non testé"},
	CheckWarning:  {English: "warning", French: "attention"},
	CheckLine:     {English: "%s: %s", French: "%s : %s"},
	CheckToDo:     {English: "What to do: %s", French: "Que faire : %s"},

	CheckConfiguration: {English: "configuration", French: "configuration"},
	CheckPolicy:        {English: "policy", French: "politique"},
	CheckDatabase:      {English: "database %s", French: "base de données %s"},
	CheckScanner:       {English: "scanner", French: "analyse des fichiers"},
	CheckAudit:         {English: "audit log", French: "journal d’audit"},
	CheckServer:        {English: "Matrix server", French: "serveur Matrix"},
	CheckAccess:        {English: "%s: access to the Matrix server", French: "%s : accès au serveur Matrix"},
	CheckWayBack:       {English: "%s: way back from the Matrix server", French: "%s : retour depuis le serveur Matrix"},
	CheckEncryption:    {English: "%s: encryption (mode %s)", French: "%s : chiffrement (mode %s)"},

	CheckValid:       {English: "valid", French: "valide"},
	CheckRules:       {English: "rules: %d; what none matches: %s", French: "règles : %d ; ce qu’aucune ne vise : %s"},
	CheckRulesBroken: {English: "the rules are of no use: %s", French: "les règles sont inutilisables : %s"},
	CheckRulesMend: {
		English: "Mend what stands under %s, and try it with: %s",
		French:  "Corrigez ce qui figure sous %s, puis essayez avec : %s",
	},
	CheckDatabaseOpen:   {English: "open, and writable", French: "ouverte, et accessible en écriture"},
	CheckDatabaseClosed: {English: "it cannot be used: %s", French: "elle est inutilisable : %s"},
	CheckDatabaseMend: {
		English: "Check the address or folder under %s, that the database's server is running, the rights of Passerelle's user there, and the space on the disk.",
		French:  "Vérifiez l’adresse ou le dossier indiqué sous %s, que le serveur de base de données fonctionne, les droits qu’y a l’utilisateur de Passerelle et l’espace disque.",
	},
	CheckAnswers:    {English: "%s answers", French: "%s répond"},
	CheckAnswersNot: {English: "%s does not answer: %s", French: "%s ne répond pas : %s"},
	CheckScannerMend: {
		English: "Check the address under %s, and that the scanner is running.",
		French:  "Vérifiez l’adresse indiquée sous %s, et que l’analyseur fonctionne.",
	},
	CheckServerAnswers: {English: "%s answers (Matrix %s)", French: "%s répond (Matrix %s)"},
	CheckServerMend: {
		English: "Check %s, and that the server is running and can be reached from here.",
		French:  "Vérifiez %s, que le serveur fonctionne et qu’il est joignable d’ici.",
	},

	CheckAuditOff: {
		English: "off: nothing shows later what crossed",
		French:  "désactivé : rien ne montrera plus tard ce qui a passé la frontière",
	},
	CheckAuditTurnOn:    {English: "Make keys with: %s; then set %s.", French: "Créez des clés avec : %s ; puis activez %s."},
	CheckAuditBroken:    {English: "it cannot be continued: %s", French: "il ne peut pas être poursuivi : %s"},
	CheckAuditLook:      {English: "Look with: %s, and check the folder of %s.", French: "Examinez-le avec : %s, et vérifiez le dossier de %s."},
	CheckAuditNoFile:    {English: "%d entries; a log whose end is cut off is not found by itself", French: "%d entrées ; un journal dont la fin est coupée ne se remarque pas de lui-même"},
	CheckAuditSetFile:   {English: "Set %s to a file on another volume.", French: "Indiquez sous %s un fichier sur un autre volume."},
	CheckAuditWhole:     {English: "%d entries, which continue %s", French: "%d entrées, dans la continuité de %s"},
	CheckFailsHere:      {English: "it cannot be tried: %s", French: "l’essai est impossible : %s"},
	CheckReport:         {English: "Try again; if it fails again, report this with the log.", French: "Réessayez ; si cela échoue encore, signalez-le en joignant le journal."},
	CheckAccepted:       {English: "accepted, for %s", French: "accepté, pour %s"},
	CheckNotCovered:     {English: "the registration does not cover %s", French: "l’enregistrement ne couvre pas %s"},
	CheckNotAccepted:    {English: "not accepted: %s", French: "refusé : %s"},
	CheckNoPing:         {English: "this server cannot be asked (that needs Matrix 1.7)", French: "ce serveur ne permet pas de le demander (il y faut Matrix 1.7)"},
	CheckCannotListen:   {English: "nothing can listen here: %s", French: "impossible d’écouter ici : %s"},
	CheckListen:         {English: "Check %s: the address has to be this machine's, and free.", French: "Vérifiez %s : l’adresse doit être celle de cette machine, et libre."},
	CheckNotReached:     {English: "the server does not reach %s, or shows another key there: %s", French: "le serveur n’atteint pas %s, ou y présente une autre clé : %s"},
	CheckReachesRunning: {English: "the server reaches Passerelle, which is running", French: "le serveur atteint Passerelle, qui est en service"},
	CheckReaches:        {English: "the server reaches %s", French: "le serveur atteint %s"},
	CheckCover: {
		English: "Check %s, and that the server has loaded the registration which %s wrote.",
		French:  "Vérifiez %s, et que le serveur a chargé l’enregistrement écrit par %s.",
	},
	CheckList: {
		English: "List the registration under %s of the server, restart the server, and check that %s is the same in both files.",
		French:  "Inscrivez l’enregistrement sous %s du serveur, redémarrez le serveur, et vérifiez que %s est identique dans les deux fichiers.",
	},
	CheckNoPingWait: {
		English: "Write to the bot: it shows with its answer.",
		French:  "Écrivez au robot : sa réponse le montrera.",
	},
	CheckReach: {
		English: "Check %s, and that %s and %s of the registration are the ones in the configuration.",
		French:  "Vérifiez %s, et que %s et %s de l’enregistrement sont ceux de la configuration.",
	},

	CheckDevice:   {English: "the bot gets a device", French: "le robot obtient un appareil"},
	CheckNoDevice: {English: "the bot gets no device: %s", French: "le robot n’obtient pas d’appareil : %s"},
	CheckDeviceMode: {
		English: "Choose another %s; %s says which one suits which server.",
		French:  "Choisissez un autre %s ; %s indique lequel convient à quel serveur.",
	},
	CheckDeviceAllow: {
		English: "The registration needs %[1]s (Synapse 1.121 or later). For another server set %[2]s to login, and take that line out of the registration.",
		French:  "L’enregistrement doit contenir %[1]s (Synapse 1.121 ou plus récent). Pour un autre serveur, réglez %[2]s sur login et retirez cette ligne de l’enregistrement.",
	},
	CheckDeviceLogin: {
		English: "With %[1]s in the registration, or with a separate service for signing in, %[2]s must be %[3]s.",
		French:  "Avec %[1]s dans l’enregistrement, ou avec un service d’authentification séparé, %[2]s doit valoir %[3]s.",
	},
	CheckPickle: {
		English: "Passerelle's own keys cannot be read: put back the %s that they were written with.",
		French:  "Les clés de Passerelle sont illisibles : remettez la clé %s avec laquelle elles ont été écrites.",
	},
	CheckTransactions: {
		English: "the bot gets a device; whether keys come with what the server sends shows only while Passerelle runs",
		French:  "le robot obtient un appareil ; si les clés arrivent avec ce que le serveur envoie ne se voit que lorsque Passerelle est en service",
	},
	CheckTransactionsWant: {English: "With Synapse, set %s and %s.", French: "Avec Synapse, activez %s et %s."},
}
