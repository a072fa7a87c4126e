package say

// The sentences about files that are looked into. What the placeholders stand for is said beside each.
const (
	FileHarmful        Sentence = "file-harmful"         // network
	FileUnscannable    Sentence = "file-unscannable"     // network
	FileUnscanned      Sentence = "file-unscanned"       // network
	FileWithheld       Sentence = "file-withheld"        // network
	FileWaits          Sentence = "file-waits"           // network
	FileHarmfulOut     Sentence = "file-harmful-out"     // network
	FileUnscannableOut Sentence = "file-unscannable-out" // network
	FileUnscannedOut   Sentence = "file-unscanned-out"   // network
	FileWithheldOut    Sentence = "file-withheld-out"    // network
	FileWaitsOut       Sentence = "file-waits-out"       // network
	FileOfAlbum        Sentence = "file-of-album"        // file name, why
)

var aboutScans = map[Sentence]map[Language]string{
	FileHarmful: {
		English: "A file from %s was withheld: something harmful was found in it.",
		French:  "Un fichier venant de %s a été retenu : un contenu dangereux y a été trouvé.",
	},
	FileUnscannable: {
		English: "A file from %s was withheld: it is too large to be checked for harmful content.",
		French:  "Un fichier venant de %s a été retenu : il est trop volumineux pour que son contenu soit vérifié.",
	},
	FileUnscanned: {
		English: "A file from %s was withheld: it could not be checked for harmful content. Ask the sender to send it again later.",
		French:  "Un fichier venant de %s a été retenu : son contenu n’a pas pu être vérifié. Demandez à l’expéditeur de le renvoyer plus tard.",
	},
	FileWithheld: {
		English: "A file from %s was withheld by your administration’s rules.",
		French:  "Un fichier venant de %s a été retenu par les règles de votre administration.",
	},
	FileWaits: {
		English: "A file from %s is waiting: it cannot be checked for harmful content right now. It will arrive by itself, and so will what was written after it.",
		French:  "Un fichier venant de %s est en attente : son contenu ne peut pas être vérifié pour le moment. Il arrivera de lui-même, et ce qui a été écrit ensuite aussi.",
	},
	FileHarmfulOut: {
		English: "Something harmful was found in your file. It was not sent to %s.",
		French:  "Un contenu dangereux a été trouvé dans votre fichier. Il n’a pas été envoyé vers %s.",
	},
	FileUnscannableOut: {
		English: "Your file is too large to be checked for harmful content. It was not sent to %s.",
		French:  "Votre fichier est trop volumineux pour que son contenu soit vérifié. Il n’a pas été envoyé vers %s.",
	},
	FileUnscannedOut: {
		English: "Your file cannot be checked for harmful content right now. It was not sent to %s: try again later.",
		French:  "Le contenu de votre fichier ne peut pas être vérifié pour le moment. Il n’a pas été envoyé vers %s : réessayez plus tard.",
	},
	FileWithheldOut: {
		English: "Your administration’s rules do not let this file go to %s. Nothing was sent.",
		French:  "Les règles de votre administration ne permettent pas d’envoyer ce fichier vers %s. Rien n’a été envoyé.",
	},
	FileWaitsOut: {
		English: "Your file is waiting: it cannot be checked for harmful content right now. It will go to %s by itself, and what you write here meanwhile will follow it. Delete it if it is not to go.",
		French:  "Votre fichier est en attente : son contenu ne peut pas être vérifié pour le moment. Il partira de lui-même vers %s, et ce que vous écrivez ici entre-temps le suivra. Supprimez-le s’il ne doit pas partir.",
	},
	FileOfAlbum: {English: "“%s”: %s", French: "« %s » : %s"},
}
