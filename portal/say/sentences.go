package say

import "maps"

// The sentences. What the placeholders stand for is said beside each.
const (
	OpenYourPhone     Sentence = "open-your-phone"    // network
	FileNotFetched    Sentence = "file-not-fetched"   // network
	FileTooLarge      Sentence = "file-too-large"     // size, limit, both in MB
	FileOverLimit     Sentence = "file-over-limit"    // limit in MB
	FileDamaged       Sentence = "file-damaged"       // network
	Withheld          Sentence = "withheld"           // network
	UnknownKindOut    Sentence = "unknown-kind-out"   // network
	NotSent           Sentence = "not-sent"           // network
	LoggedOut         Sentence = "logged-out"         // network
	ConnectionLost    Sentence = "connection-lost"    // network
	ScanQR            Sentence = "scan-qr"            // network
	TypeCode          Sentence = "type-code"          // network
	AskPhoneNumber    Sentence = "ask-phone-number"   //
	LoginTimedOut     Sentence = "login-timed-out"    // network
	EncryptThis       Sentence = "encrypt-this"       //
	NotLinked         Sentence = "not-linked"         // network
	NotPossible       Sentence = "not-possible"       // network
	WasAway           Sentence = "was-away"           // from, to, both HH:MM; network
	KeysMissing       Sentence = "keys-missing"       //
	KeysWithheld      Sentence = "keys-withheld"      //
	LoginCancelled    Sentence = "login-cancelled"    //
	LinkFailed        Sentence = "link-failed"        // network
	AccountTaken      Sentence = "account-taken"      // network
	Connected         Sentence = "connected"          // network
	FlowQR            Sentence = "flow-qr"            //
	FlowCode          Sentence = "flow-code"          //
	PhoneNumber       Sentence = "phone-number"       //
	PhoneNumberWrong  Sentence = "phone-number-wrong" //
	UsedElsewhere     Sentence = "used-elsewhere"     // network
	UpdateBridge      Sentence = "update-bridge"      // network
	ConnectionRefused Sentence = "connection-refused" // network
	NotConnected      Sentence = "not-connected"      // network
	PerhapsNotSent    Sentence = "perhaps-not-sent"   // network
	WithheldOut       Sentence = "withheld-out"       // network
	NotYetReadable    Sentence = "not-yet-readable"   //
	EditWithheld      Sentence = "edit-withheld"      // network
	EditTooLate       Sentence = "edit-too-late"      // network, minutes
	DeletedHereOnly   Sentence = "deleted-here-only"  // network
	ReactWithEmoji    Sentence = "react-with-emoji"   // network
	UnnamedContact    Sentence = "unnamed-contact"    // last digits of an identifier
	NotTakenHere      Sentence = "not-taken-here"     // network
)

// sentences are all of them.
var sentences = together(aboutService, aboutKinds, aboutGroups, aboutPeople, aboutTimers, aboutHistory, aboutHealth, aboutRelay,
	aboutCalls, aboutPosts, aboutSharing, aboutOwn, aboutCommands, aboutBots, aboutLinks, aboutBusiness, aboutRarer, aboutBotGroups,
	aboutApprovals, aboutAdministration, aboutScans, aboutPolicy, aboutConsole, aboutConsolePages, aboutConsoleActions, aboutErasing,
	aboutCheck)

func together(parts ...map[Sentence]map[Language]string) map[Sentence]map[Language]string {
	all := map[Sentence]map[Language]string{}
	for _, part := range parts {
		maps.Copy(all, part)
	}
	return all
}

var aboutService = map[Sentence]map[Language]string{
	OpenYourPhone: {
		English: "This message can only be read on the phone. Open %s there.",
		French:  "Ce message ne peut être lu que sur le téléphone. Ouvrez-y %s.",
	},
	FileNotFetched: {
		English: "A file could not be fetched from %s. Ask the sender to send it again.",
		French:  "Un fichier n’a pas pu être récupéré depuis %s. Demandez à l’expéditeur de le renvoyer.",
	},
	FileTooLarge: {
		English: "This file is too large: %.1f MB, and %.1f MB is the limit.",
		French:  "Ce fichier est trop volumineux : %.1f Mo pour une limite de %.1f Mo.",
	},
	FileOverLimit: {
		English: "This file is too large: %.1f MB is the limit.",
		French:  "Ce fichier est trop volumineux : la limite est de %.1f Mo.",
	},
	FileDamaged: {
		English: "Your file was damaged on its way here, so it was not sent to %s. Send it again.",
		French:  "Votre fichier a été altéré en chemin : il n’a pas été envoyé à %s. Renvoyez-le.",
	},
	Withheld: {
		English: "A message from %s was withheld by your administration’s rules.",
		French:  "Un message venant de %s a été retenu par les règles de votre administration.",
	},
	UnknownKindOut: {
		English: "%s has no way to show this kind of message. It was not sent.",
		French:  "%s ne sait pas afficher ce type de message. Il n’a pas été envoyé.",
	},
	NotSent: {
		English: "Your message did not reach %s. Send it again.",
		French:  "Votre message n’est pas parvenu à %s. Renvoyez-le.",
	},
	LoggedOut: {
		English: "You are logged out of %s: the link was removed on the phone. Write “login” here to link it again.",
		French:  "Vous êtes déconnecté de %s : la liaison a été supprimée sur le téléphone. Écrivez « login » ici pour la rétablir.",
	},
	ConnectionLost: {
		English: "The connection to %s is lost. It is being tried again; nothing is lost meanwhile.",
		French:  "La connexion à %s est perdue. Une nouvelle tentative est en cours ; rien n’est perdu entre-temps.",
	},
	ScanQR: {
		English: "Open %s on the phone, choose “Linked devices”, then “Link a device”, and scan this code.",
		French:  "Ouvrez %s sur le téléphone, choisissez « Appareils connectés », puis « Connecter un appareil », et scannez ce code.",
	},
	TypeCode: {
		English: "Open %s on the phone, choose “Linked devices”, “Link a device”, “Link with phone number instead”, and type this code.",
		French:  "Ouvrez %s sur le téléphone, choisissez « Appareils connectés », « Connecter un appareil », « Lier avec un numéro de téléphone », et saisissez ce code.",
	},
	AskPhoneNumber: {
		English: "The phone number of the account, with the country code, such as +33 6 12 34 56 78",
		French:  "Le numéro de téléphone du compte, avec l’indicatif du pays, par exemple +33 6 12 34 56 78",
	},
	LoginTimedOut: {
		English: "Nobody linked the phone in time. Write “login” to start again.",
		French:  "Le téléphone n’a pas été lié à temps. Écrivez « login » pour recommencer.",
	},
	EncryptThis: {
		English: "Your message was not encrypted, so it was not sent on. Turn on encryption in your app and send it again.",
		French:  "Votre message n’était pas chiffré : il n’a pas été transmis. Activez le chiffrement dans votre application et renvoyez-le.",
	},
	NotLinked: {
		English: "Your message was not sent: you are not linked to %s. Write “login” in your chat with it.",
		French:  "Votre message n’a pas été envoyé : vous n’êtes pas lié à %s. Écrivez « login » dans votre conversation avec ce service.",
	},
	NotPossible: {
		English: "This cannot be passed on to %s yet. Nobody there sees it.",
		French:  "Cela ne peut pas encore être transmis à %s. Personne ne le voit là-bas.",
	},
	WasAway: {
		English: "This messenger could not be reached from %s to %s. What arrived from %s meanwhile is in its chats now, in order; nothing was lost.",
		French:  "Cette messagerie était injoignable de %s à %s. Ce qui est arrivé de %s entre-temps se trouve maintenant dans ses conversations, dans l’ordre ; rien n’a été perdu.",
	},
	KeysMissing: {
		English: "Your message could not be decrypted here, so it was not sent on. Send it again; if that does not help, leave this chat, open it again and repeat it.",
		French:  "Votre message n’a pas pu être déchiffré ici : il n’a pas été transmis. Renvoyez-le ; si cela ne suffit pas, quittez cette conversation, rouvrez-la et réessayez.",
	},
	KeysWithheld: {
		English: "Your app does not let this service read your message, so it was not sent on. In your app’s security settings, allow unverified devices in this chat, then send it again.",
		French:  "Votre application ne laisse pas ce service lire votre message : il n’a pas été transmis. Dans les réglages de sécurité de votre application, autorisez les appareils non vérifiés dans cette conversation, puis renvoyez-le.",
	},
	LoginCancelled: {
		English: "The login was cancelled. Write “login” to start again.",
		French:  "La connexion a été annulée. Écrivez « login » pour recommencer.",
	},
	LinkFailed: {
		English: "%s could not be linked. Write “login” to try again.",
		French:  "La liaison avec %s n’a pas pu être établie. Écrivez « login » pour réessayer.",
	},
	AccountTaken: {
		English: "This %s account is already linked by somebody else here.",
		French:  "Ce compte %s est déjà lié ici par une autre personne.",
	},
	Connected: {
		English: "You are connected to %s.",
		French:  "Vous êtes connecté à %s.",
	},
	FlowQR: {
		English: "Scan a QR code with the phone",
		French:  "Scanner un code QR avec le téléphone",
	},
	FlowCode: {
		English: "Type a code on the phone",
		French:  "Saisir un code sur le téléphone",
	},
	PhoneNumber: {
		English: "phone number",
		French:  "numéro de téléphone",
	},
	PhoneNumberWrong: {
		English: "This is not a phone number with its country code, such as +33 6 12 34 56 78.",
		French:  "Ce n’est pas un numéro de téléphone avec l’indicatif du pays, comme +33 6 12 34 56 78.",
	},
	UsedElsewhere: {
		English: "%s is no longer connected here: another program uses the same link. Tell your administrator.",
		French:  "%s n’est plus connecté ici : un autre programme utilise la même liaison. Prévenez votre administrateur.",
	},
	UpdateBridge: {
		English: "%s asks for a newer version of this service. Tell your administrator.",
		French:  "%s demande une version plus récente de ce service. Prévenez votre administrateur.",
	},
	ConnectionRefused: {
		English: "%s refused the connection. It is being tried again.",
		French:  "%s a refusé la connexion. Une nouvelle tentative est en cours.",
	},
	NotConnected: {
		English: "There is no connection to %s. Your message was not sent. Send it again later.",
		French:  "Il n’y a pas de connexion à %s. Votre message n’a pas été envoyé. Renvoyez-le plus tard.",
	},
	PerhapsNotSent: {
		English: "Your message may not have reached %s. Look on the phone before you send it again.",
		French:  "Votre message n’est peut-être pas parvenu à %s. Vérifiez sur le téléphone avant de le renvoyer.",
	},
	WithheldOut: {
		English: "Your administration’s rules do not let this message go to %s. It was not sent.",
		French:  "Les règles de votre administration ne permettent pas d’envoyer ce message vers %s. Il n’a pas été envoyé.",
	},
	NotYetReadable: {
		English: "A message cannot be read yet. It has been asked for again and will follow.",
		French:  "Un message n’est pas encore lisible. Il a été redemandé et suivra.",
	},
	EditWithheld: {
		English: "The sender changed this message on %s. The new words were withheld by your administration’s rules.",
		French:  "L’expéditeur a modifié ce message sur %s. Le nouveau texte a été retenu par les règles de votre administration.",
	},
	EditTooLate: {
		English: "%s takes changes for %d minutes only. Your change was not sent on; write a new message.",
		French:  "%s n’accepte les modifications que pendant %d minutes. Votre modification n’a pas été transmise ; écrivez un nouveau message.",
	},
	DeletedHereOnly: {
		English: "On %s only the author, or an admin of the group, can delete a message for everybody. It is deleted here only.",
		French:  "Sur %s, seul l’auteur ou un administrateur du groupe peut supprimer un message pour tous. Il n’est supprimé qu’ici.",
	},
	ReactWithEmoji: {
		English: "%s takes emoji only as reactions. Yours was not sent on.",
		French:  "%s n’accepte que des émojis comme réactions. La vôtre n’a pas été transmise.",
	},
	NotTakenHere: {
		English: "A message could not be shown here. Open %s on the phone to read it.",
		French:  "Un message n’a pas pu être affiché ici. Ouvrez %s sur le téléphone pour le lire.",
	},
	UnnamedContact: {
		English: "Contact %s",
		French:  "Contact %s",
	},
}
