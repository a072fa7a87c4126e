package say

// The sentences about writing through somebody else's account. What the placeholders stand for is said beside each.
const (
	RelayNobody        Sentence = "relay-nobody"          // network, whom to ask, the command's first word
	RelayForbidden     Sentence = "relay-forbidden"       // network
	RelayLinkOwn       Sentence = "relay-link-own"        // network
	RelayGone          Sentence = "relay-gone"            // whose account, network
	RelayNotYours      Sentence = "relay-not-yours"       // network
	RelayOwnersOnly    Sentence = "relay-owners-only"     // network
	RelayVoteUnread    Sentence = "relay-vote-unread"     // network
	RelayVoteTakenBack Sentence = "relay-vote-taken-back" //
	RelaySet           Sentence = "relay-set"             // network, whose account
	RelayEnded         Sentence = "relay-ended"           // network
	RelayIs            Sentence = "relay-is"              // network, whose account, the command's first word
	RelayIsNobody      Sentence = "relay-is-nobody"       // network, the command's first word
	RelayOff           Sentence = "relay-off"             //
	RelayOwnChatOnly   Sentence = "relay-own-chat-only"   // who has the chat
	RelayNoAccountHere Sentence = "relay-no-account-here" // network
	RelayNoSuchAccount Sentence = "relay-no-such-account" // name, network
	RelayNoSay         Sentence = "relay-no-say"          // whose account
	RelayShared        Sentence = "relay-shared"          // whose account
	RelayNotSaved      Sentence = "relay-not-saved"       //
	HelpSetRelay       Sentence = "help-set-relay"        //
	HelpUnsetRelay     Sentence = "help-unset-relay"      //
	HelpRelay          Sentence = "help-relay"            //
	ArgWhose           Sentence = "arg-whose"             //
)

var aboutRelay = map[Sentence]map[Language]string{
	RelayNobody: {
		English: "Your message was not sent: you have no %[1]s account in this chat. Ask %[2]s to write “%[3]s set-relay” here; then what you write goes out through their account, with your name before it.",
		French:  "Votre message n’a pas été envoyé : vous n’avez pas de compte %[1]s dans cette conversation. Demandez à %[2]s d’y écrire « %[3]s set-relay » ; ce que vous écrivez passera alors par son compte, précédé de votre nom.",
	},
	RelayForbidden: {
		English: "Your message was not sent: you have no %s account in this chat.",
		French:  "Votre message n’a pas été envoyé : vous n’avez pas de compte %s dans cette conversation.",
	},
	RelayLinkOwn: {
		English: "Or link an account of your own: write “login” to %s in a chat of its own.",
		French:  "Ou liez votre propre compte : écrivez « login » à %s dans une conversation à part.",
	},
	RelayGone: {
		English: "Your message was not sent: here it goes out through %[1]s’s account, which is no longer linked to %[2]s. Ask %[1]s to link it again.",
		French:  "Votre message n’a pas été envoyé : il passe ici par le compte de %[1]s, qui n’est plus lié à %[2]s. Demandez à %[1]s de le lier à nouveau.",
	},
	RelayNotYours: {
		English: "Somebody else wrote this. On %s you can change and delete only what you wrote yourself; there it stays as it was.",
		French:  "Une autre personne a écrit ceci. Sur %s, vous ne pouvez modifier et supprimer que ce que vous avez écrit ; cela y reste tel quel.",
	},
	RelayOwnersOnly: {
		English: "You write here through somebody else’s %s account. Only those who have an account of their own in this chat can change the chat itself.",
		French:  "Vous écrivez ici par le compte %s d’une autre personne. Seules les personnes qui ont leur propre compte dans cette conversation peuvent modifier la conversation elle-même.",
	},
	RelayVoteUnread: {
		English: "The answers of this poll are not known here, so %s was not told your vote. Write your answer instead.",
		French:  "Les réponses de ce sondage ne sont pas connues ici : votre vote n’a pas été transmis à %s. Écrivez plutôt votre réponse.",
	},
	RelayVoteTakenBack: {
		English: "(vote taken back)",
		French:  "(vote retiré)",
	},
	RelaySet: {
		English: "From now on, what people without a %[1]s account write in this chat goes out through %[2]s’s account, with their name before it.",
		French:  "Désormais, ce que les personnes sans compte %[1]s écrivent dans cette conversation passe par le compte de %[2]s, précédé de leur nom.",
	},
	RelayEnded: {
		English: "From now on, what people without a %s account write in this chat is not sent on.",
		French:  "Désormais, ce que les personnes sans compte %s écrivent dans cette conversation n’est plus transmis.",
	},
	RelayIs: {
		English: "What people without a %[1]s account write in this chat goes out through %[2]s’s account, with their name before it. “%[3]s unset-relay” ends that.",
		French:  "Ce que les personnes sans compte %[1]s écrivent dans cette conversation passe par le compte de %[2]s, précédé de leur nom. « %[3]s unset-relay » y met fin.",
	},
	RelayIsNobody: {
		English: "What people without a %[1]s account write in this chat is not sent on. Whoever has an account here can change that: “%[2]s set-relay”.",
		French:  "Ce que les personnes sans compte %[1]s écrivent dans cette conversation n’est pas transmis. Quiconque a un compte ici peut changer cela : « %[2]s set-relay ».",
	},
	RelayOff: {
		English: "Your administration does not let people write through somebody else’s account.",
		French:  "Votre administration ne permet pas d’écrire par le compte d’une autre personne.",
	},
	RelayOwnChatOnly: {
		English: "This is %[1]s’s chat. Only %[1]s can let others write in it.",
		French:  "C’est la conversation de %[1]s. Seul %[1]s peut y laisser écrire d’autres personnes.",
	},
	RelayNoAccountHere: {
		English: "You have no %s account in this chat that others could write through.",
		French:  "Vous n’avez pas de compte %s dans cette conversation par lequel d’autres pourraient écrire.",
	},
	RelayNoSuchAccount: {
		English: "%s has no %s account in this chat.",
		French:  "%s n’a pas de compte %s dans cette conversation.",
	},
	RelayNoSay: {
		English: "Only %s and your administrators decide about that.",
		French:  "Seuls %s et vos administrateurs en décident.",
	},
	RelayShared: {
		English: "%s’s account is there for everybody in its chats. Your administrators decide about that.",
		French:  "Le compte de %s est à la disposition de tous dans ses conversations. Vos administrateurs en décident.",
	},
	RelayNotSaved: {
		English: "This could not be changed. Try again.",
		French:  "Ceci n’a pas pu être modifié. Réessayez.",
	},
	HelpSetRelay: {
		English: "Let people without an account write in this chat through yours, or through a shared one",
		French:  "Laisser les personnes sans compte écrire dans cette conversation par le vôtre, ou par un compte partagé",
	},
	HelpUnsetRelay: {
		English: "No longer let people without an account write in this chat",
		French:  "Ne plus laisser les personnes sans compte écrire dans cette conversation",
	},
	HelpRelay: {
		English: "Tell through whose account people without one write in this chat",
		French:  "Dire par quel compte les personnes qui n’en ont pas écrivent dans cette conversation",
	},
	ArgWhose: {
		English: "[whose account]",
		French:  "[compte de qui]",
	},
}
