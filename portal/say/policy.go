package say

// The sentences of the ready-made rules of the policy, for who sent what does not cross.
const (
	PolicyClassified Sentence = "policy-classified" //
	PolicyDangerous  Sentence = "policy-dangerous"  //
	PolicyTooLarge   Sentence = "policy-too-large"  //
	PolicyNetwork    Sentence = "policy-network"    //
)

var aboutPolicy = map[Sentence]map[Language]string{
	PolicyClassified: {
		English: "This bears the marking of a classified document, in its words, its file name or its file. It may not leave, and was not sent.",
		French:  "Ceci porte une mention de classification ou de protection, dans le texte, le nom du fichier ou le fichier lui-même. Cela ne doit pas sortir et n’a pas été envoyé.",
	},
	PolicyDangerous: {
		English: "Files of this kind are not passed on: they are programs, or can hold some.",
		French:  "Les fichiers de ce genre ne sont pas transmis : ce sont des programmes, ou ils peuvent en contenir.",
	},
	PolicyTooLarge: {
		English: "This file is larger than your administration passes on.",
		French:  "Ce fichier est plus gros que ce que votre administration transmet.",
	},
	PolicyNetwork: {
		English: "Your department does not write on this network, so this was not sent. Ask your administrators if it should.",
		French:  "Votre service n’écrit pas sur ce réseau : ceci n’a pas été envoyé. Adressez-vous à vos administrateurs s’il le devrait.",
	},
}
