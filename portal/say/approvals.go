package say

// What is said about what waits for somebody's decision, and about chats that administrators have paused or closed.
const (
	HeldOut         Sentence = "held-out"          // network
	ConfirmOut      Sentence = "confirm-out"       // network
	HeldIn          Sentence = "held-in"           // network
	HeldRejected    Sentence = "held-rejected"     // network
	HeldGone        Sentence = "held-gone"         // network
	HeldTakenBack   Sentence = "held-taken-back"   // network
	HeldChange      Sentence = "held-change"       // network
	StoppedDeletion Sentence = "stopped-deletion"  // network
	ChatPausedOut   Sentence = "chat-paused-out"   //
	ChatReadOnlyOut Sentence = "chat-readonly-out" //
	ChatClosedOut   Sentence = "chat-closed-out"   //
	ContactBlocked  Sentence = "contact-blocked"   //
	LimitReached    Sentence = "limit-reached"     // messages a day
	BorderPaused    Sentence = "border-paused"     //
	BorderReadOnly  Sentence = "border-readonly"   //
	BorderClosed    Sentence = "border-closed"     //
	BorderReopened  Sentence = "border-reopened"   //
	FarewellContact Sentence = "farewell-contact"  //
	BorderMarked    Sentence = "border-marked"     // the mark
	BorderUnmarked  Sentence = "border-unmarked"   //
	BorderMoved     Sentence = "border-moved"      //
)

var aboutApprovals = map[Sentence]map[Language]string{
	HeldOut: {
		English: "This message waits: an administrator has to approve it. It is sent to %s as soon as they do, and you read here if they do not.",
		French:  "Ce message est en attente : un administrateur doit l'approuver. Il sera envoyé sur %s dès que ce sera fait ; en cas de refus, vous le lirez ici.",
	},
	ConfirmOut: {
		English: "This message has not been sent. To send it to %s all the same, react to it with ✅. To leave it, do nothing.",
		French:  "Ce message n'a pas été envoyé. Pour l'envoyer quand même sur %s, réagissez-y avec ✅. Pour y renoncer, ne faites rien.",
	},
	HeldIn: {
		English: "A message from %s waits: an administrator has to approve it. It appears here as soon as they do.",
		French:  "Un message reçu de %s est en attente : un administrateur doit l'approuver. Il apparaîtra ici dès que ce sera fait.",
	},
	HeldRejected: {
		English: "An administrator has refused this message. It was not sent to %s.",
		French:  "Un administrateur a refusé ce message. Il n'a pas été envoyé sur %s.",
	},
	HeldGone: {
		English: "This message was approved, but it is no longer here. It was not sent to %s.",
		French:  "Ce message a été approuvé, mais il n'est plus ici. Il n'a pas été envoyé sur %s.",
	},
	HeldTakenBack: {
		English: "A message from %s that waited for approval was taken back by its sender. It does not appear here.",
		French:  "Un message reçu de %s, en attente d'approbation, a été retiré par son expéditeur. Il n'apparaîtra pas ici.",
	},
	HeldChange: {
		English: "The message that you changed still waits. Your change waits with it, and goes to %s after it.",
		French:  "Le message que vous avez modifié est encore en attente. Votre modification attend avec lui, et sera envoyée sur %s après lui.",
	},
	StoppedDeletion: {
		English: "What you deleted is deleted here only. It is still there on %s.",
		French:  "Ce que vous avez supprimé n'est supprimé qu'ici. C'est toujours présent sur %s.",
	},
	ChatPausedOut: {
		English: "This conversation is paused by an administrator: nothing is sent for now. What comes in is kept and appears when it goes on.",
		French:  "Cette conversation est suspendue par un administrateur : rien n'est envoyé pour l'instant. Ce qui arrive est conservé et apparaîtra à la reprise.",
	},
	ChatReadOnlyOut: {
		English: "An administrator has made this conversation read-only: you go on reading here, and nothing is sent.",
		French:  "Un administrateur a mis cette conversation en lecture seule : vous continuez de lire ici, mais rien n'est envoyé.",
	},
	ChatClosedOut: {
		English: "This conversation is closed by an administrator: nothing is sent any more, and nothing arrives.",
		French:  "Cette conversation est fermée par un administrateur : plus rien n'est envoyé et plus rien n'arrive.",
	},
	ContactBlocked: {
		English: "An administrator has blocked this contact: nothing is sent to them, and nothing arrives from them.",
		French:  "Un administrateur a bloqué ce contact : rien ne lui est envoyé et rien n'arrive de sa part.",
	},
	LimitReached: {
		English: "This account may send %d messages a day, and has today. Write again tomorrow, or ask an administrator.",
		French:  "Ce compte peut envoyer %d messages par jour, et la limite est atteinte. Réécrivez demain, ou adressez-vous à un administrateur.",
	},
	BorderPaused: {
		English: "An administrator has paused this conversation. Nothing is sent for now; what comes in is kept and appears when it goes on.",
		French:  "Un administrateur a suspendu cette conversation. Rien n'est envoyé pour l'instant ; ce qui arrive est conservé et apparaîtra à la reprise.",
	},
	BorderReadOnly: {
		English: "An administrator has made this conversation read-only. You go on reading here, and nothing is sent.",
		French:  "Un administrateur a mis cette conversation en lecture seule. Vous continuez de lire ici, mais rien n'est envoyé.",
	},
	BorderClosed: {
		English: "An administrator has closed this conversation. Nothing is sent any more, and nothing arrives.",
		French:  "Un administrateur a fermé cette conversation. Plus rien n'est envoyé et plus rien n'arrive.",
	},
	BorderReopened: {
		English: "This conversation goes on: messages are sent and arrive again.",
		French:  "Cette conversation reprend : les messages sont de nouveau envoyés et reçus.",
	},
	FarewellContact: {
		English: "This conversation is closed. Messages that you write here are not read any more.",
		French:  "Cette conversation est close. Les messages que vous écrivez ici ne sont plus lus.",
	},
	BorderMarked: {
		English: "An administrator has marked this conversation: %s.",
		French:  "Un administrateur a marqué cette conversation : %s.",
	},
	BorderUnmarked: {
		English: "An administrator has taken the mark off this conversation.",
		French:  "Un administrateur a retiré la marque de cette conversation.",
	},
	BorderMoved: {
		English: "This conversation goes on in a new room.",
		French:  "Cette conversation continue dans un nouveau salon.",
	},
}
