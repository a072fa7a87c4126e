package say

// The sentences. What the placeholders stand for is said beside each.
const (
	OpenYourPhone    Sentence = "open-your-phone"    // network
	FileNotFetched   Sentence = "file-not-fetched"   // network
	FileTooLarge     Sentence = "file-too-large"     // size, limit, both in MB
	Withheld         Sentence = "withheld"           // network
	UnknownKindOut   Sentence = "unknown-kind-out"   // network
	NotSent          Sentence = "not-sent"           // network
	NotOnNetwork     Sentence = "not-on-network"     // network
	LoggedOut        Sentence = "logged-out"         // network
	ConnectionLost   Sentence = "connection-lost"    // network
	ConnectedAs      Sentence = "connected-as"       // network, account
	ScanQR           Sentence = "scan-qr"            // network
	TypeCode         Sentence = "type-code"          // network
	AskPhoneNumber   Sentence = "ask-phone-number"   //
	LoginTimedOut    Sentence = "login-timed-out"    // network
	EncryptThis      Sentence = "encrypt-this"       //
	ContactByNetwork Sentence = "contact-by-network" // name, network
)

var sentences = map[Sentence]map[Language]string{
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
	NotOnNetwork: {
		English: "Nobody uses %s with this number.",
		French:  "Personne n’utilise %s avec ce numéro.",
	},
	LoggedOut: {
		English: "You are logged out of %s: the link was removed on the phone. Write “login” here to link it again.",
		French:  "Vous êtes déconnecté de %s : la liaison a été supprimée sur le téléphone. Écrivez « login » ici pour la rétablir.",
	},
	ConnectionLost: {
		English: "The connection to %s is lost. It is being tried again; nothing is lost meanwhile.",
		French:  "La connexion à %s est perdue. Une nouvelle tentative est en cours ; rien n’est perdu entre-temps.",
	},
	ConnectedAs: {
		English: "You are connected to %s as %s.",
		French:  "Vous êtes connecté à %s en tant que %s.",
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
	ContactByNetwork: {
		English: "%s (%s)",
		French:  "%s (%s)",
	},
}
