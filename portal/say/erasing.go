package say

// What is said of the erasure of a contact: what was done, and what stays.
const (
	ContactErased        Sentence = "contact-erased"         // number of files
	StaysMessages        Sentence = "stays-messages"         // number
	StaysFilesNotAsked   Sentence = "stays-files-not-asked"  // the ghost's Matrix ID
	StaysFilesCannot     Sentence = "stays-files-cannot"     // the ghost's Matrix ID
	StaysFilesNotAllowed Sentence = "stays-files-forbidden"  //
	StaysFilesNotNow     Sentence = "stays-files-not-now"    //
	StaysFilesNotRemoved Sentence = "stays-files-not-gone"   // number
	StaysGroupPictures   Sentence = "stays-group-pictures"   // number
	StaysInGroups        Sentence = "stays-in-groups"        // number
	StaysInAudit         Sentence = "stays-in-audit"         //
	StaysOnWhatsApp      Sentence = "stays-on-whatsapp"      //
	StaysOnTelegram      Sentence = "stays-on-telegram"      //
	StaysStaffAccount    Sentence = "stays-account-of-staff" //
)

var aboutErasing = map[Sentence]map[Language]string{
	ContactErased: {
		English: "The contact is erased. Files removed from the messaging server: %d.",
		French:  "Le contact est effacé. Fichiers supprimés du serveur de messagerie : %d.",
	},
	StaysMessages: {
		English: "%d messages, which the messaging server did not let me delete.",
		French:  "%d messages, que le serveur de messagerie ne m'a pas laissé supprimer.",
	},
	StaysFilesNotAsked: {
		English: "the encrypted files of the contact and their picture. To remove them, have the access code of a server administrator put into my configuration as admin_token (Synapse) and erase the contact again, or have the server's operator remove what %s has uploaded.",
		French:  "les fichiers chiffrés du contact et sa photo. Pour les supprimer, faites mettre le code d'accès d'un administrateur du serveur dans ma configuration, sous admin_token (Synapse) et effacez de nouveau le contact, ou faites supprimer par l'exploitant du serveur ce que %s a téléversé.",
	},
	StaysFilesCannot: {
		English: "the encrypted files of the contact and their picture: this messaging server cannot remove them for me, or does not let me reach its administration. Have its operator remove what %s has uploaded.",
		French:  "les fichiers chiffrés du contact et sa photo : ce serveur de messagerie ne sait pas les supprimer pour moi, ou ne me laisse pas atteindre son administration. Faites supprimer par son exploitant ce que %s a téléversé.",
	},
	StaysFilesNotAllowed: {
		English: "the encrypted files of the contact and their picture: the messaging server does not take the admin_token of my configuration. Have a valid access code of its administrator put there, restart me, and erase the contact again.",
		French:  "les fichiers chiffrés du contact et sa photo : le serveur de messagerie refuse l'admin_token de ma configuration. Faites-y mettre un code d'accès valide de son administrateur, redémarrez-moi et effacez de nouveau le contact.",
	},
	StaysFilesNotNow: {
		English: "encrypted files of the contact and perhaps their picture: the messaging server could not remove them now. Erase the contact again once it works; its log and mine say why.",
		French:  "des fichiers chiffrés du contact et peut-être sa photo : le serveur de messagerie n'a pas pu les supprimer maintenant. Effacez de nouveau le contact quand il fonctionnera ; son journal et le mien disent pourquoi.",
	},
	StaysFilesNotRemoved: {
		English: "%d files, which the messaging server did not remove. Its log says why; erase the contact again then.",
		French:  "%d fichiers, que le serveur de messagerie n'a pas supprimés. Son journal dit pourquoi ; effacez ensuite de nouveau le contact.",
	},
	StaysGroupPictures: {
		English: "%d pictures of groups, which the contact has set and the groups show. Give the groups another picture and erase the contact again.",
		French:  "%d photos de groupes, que le contact a choisies et que les groupes montrent. Donnez une autre photo à ces groupes et effacez de nouveau le contact.",
	},
	StaysInGroups: {
		English: "a member without a name in %d rooms of groups, since the contact is still in those groups.",
		French:  "un membre sans nom dans %d salons de groupes, car le contact est toujours dans ces groupes.",
	},
	StaysInAudit: {
		English: "the audit, which holds a pseudonym of the contact until its entries have aged out, and a note of the contact's identifier, that they were erased, when, and whether they are blocked.",
		French:  "l'audit, qui garde un pseudonyme du contact jusqu'à l'expiration de ses entrées, et une note de l'identifiant du contact, de son effacement, de sa date et d'un éventuel blocage.",
	},
	StaysOnWhatsApp: {
		English: "what WhatsApp and the phones of both sides keep. They tell me the contact's number and name again when the contact writes, or a group with them changes.",
		French:  "ce que WhatsApp et les téléphones des deux côtés gardent. Ils me redonnent le numéro et le nom du contact quand il écrit ou qu'un groupe où il est change.",
	},
	StaysOnTelegram: {
		English: "what Telegram keeps, the messages among it. It tells me the contact's name again when the contact writes.",
		French:  "ce que Telegram garde, dont les messages. Il me redonne le nom du contact quand il écrit.",
	},
	StaysStaffAccount: {
		English: "the keys and numbers of an account that is linked here: this person is one of the staff. They go when the account is logged out.",
		French:  "les clés et numéros d'un compte relié ici : cette personne fait partie du personnel. Ils disparaissent à la déconnexion du compte.",
	},
}
