package say

// The sentences about status posts. What the placeholders stand for is said beside each.
const (
	PostsRoom       Sentence = "posts-room"         // network
	PostsTopic      Sentence = "posts-topic"        // network
	PostsOn         Sentence = "posts-on"           // network, link
	PostsOff        Sentence = "posts-off"          // network
	PostsAre        Sentence = "posts-are"          // network, beginning of commands
	PostsAreNot     Sentence = "posts-are-not"      // network, beginning of commands
	PostsNotKept    Sentence = "posts-not-kept"     //
	PostsOwnersOnly Sentence = "posts-owners-only"  // network
	PostKinds       Sentence = "post-kinds"         // network
	PostAnswerWhose Sentence = "post-answer-whose"  // network
	PostAnswerGone  Sentence = "post-answer-gone"   // network
	PostNotChanged  Sentence = "post-not-changed"   // network
	PostNoTimer     Sentence = "post-no-timer"      // network
	HelpStatusPosts Sentence = "help-status-posts"  // network
	ArgOnOff        Sentence = "argument-on-or-off" //
)

var aboutPosts = map[Sentence]map[Language]string{
	PostsRoom: {English: "Status posts (%s)", French: "Statuts (%s)"},
	PostsTopic: {
		English: "Posts are gone after 24 hours. An answer goes to the post’s author alone. Whatever else you write here becomes a status post of your own on %s.",
		French:  "Les statuts disparaissent après 24 heures. Une réponse ne va qu’à l’auteur du statut. Tout autre message écrit ici devient votre propre statut sur %s.",
	},
	PostsOn: {
		English: "Your contacts’ status posts on %s are shown from now on: %s",
		French:  "Les statuts de vos contacts sur %s s’affichent désormais : %s",
	},
	PostsOff: {
		English: "Your contacts’ status posts on %s are no longer shown. Those in the room are gone in time; leave it when you like.",
		French:  "Les statuts de vos contacts sur %s ne s’affichent plus. Ceux du salon disparaîtront ; quittez-le quand vous voulez.",
	},
	PostsAre: {
		English: "Your contacts’ status posts on %s are shown. Write “%s status-posts off” to stop that.",
		French:  "Les statuts de vos contacts sur %s s’affichent. Écrivez « %s status-posts off » pour arrêter.",
	},
	PostsAreNot: {
		English: "Your contacts’ status posts on %s are not shown. Write “%s status-posts on” to see them in a room of their own.",
		French:  "Les statuts de vos contacts sur %s ne s’affichent pas. Écrivez « %s status-posts on » pour les voir dans un salon à part.",
	},
	PostsNotKept: {
		English: "This could not be done now; nothing was changed. Try again later.",
		French:  "Ce n’est pas possible pour le moment ; rien n’a été modifié. Réessayez plus tard.",
	},
	PostsOwnersOnly: {
		English: "Only the owner of this %s account can post or answer here. Nothing was sent.",
		French:  "Seul le titulaire de ce compte %s peut publier ou répondre ici. Rien n’a été envoyé.",
	},
	PostKinds: {
		English: "A status post on %s is a text, a picture, a video or a voice note. Yours was not posted.",
		French:  "Un statut sur %s est un texte, une image, une vidéo ou un message vocal. Le vôtre n’a pas été publié.",
	},
	PostAnswerWhose: {
		English: "On %s only posts of others can be answered. Nothing was sent or posted.",
		French:  "Sur %s, on ne peut répondre qu’aux statuts des autres. Rien n’a été envoyé ni publié.",
	},
	PostAnswerGone: {
		English: "The post that you answer is no longer known, so your answer was neither sent nor posted on %s.",
		French:  "Le statut auquel vous répondez n’est plus connu : votre réponse n’a été ni envoyée ni publiée sur %s.",
	},
	PostNotChanged: {
		English: "Status posts on %s cannot be changed. Delete it, and post it again.",
		French:  "Les statuts sur %s ne peuvent pas être modifiés. Supprimez-le et publiez-le de nouveau.",
	},
	PostNoTimer: {
		English: "Status posts on %s are gone after 24 hours. Nothing was changed.",
		French:  "Les statuts sur %s disparaissent après 24 heures. Rien n’a été modifié.",
	},
	HelpStatusPosts: {
		English: "Show your contacts’ status posts on %s in a room of their own, or no longer",
		French:  "Afficher les statuts de vos contacts sur %s dans un salon à part, ou ne plus les afficher",
	},
	ArgOnOff: {English: "[_on_ or _off_]", French: "[_on_ ou _off_]"},
}
