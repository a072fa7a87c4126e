package say

// The sentences about what is shared: live locations, what is viewed once, and whether people come. What the placeholders stand for is
// said beside each.
const (
	LiveEnded         Sentence = "live-ended"         //
	SharedFrom        Sentence = "shared-from"        //
	SharedStaysHere   Sentence = "shared-stays-here"  // network
	OnceReady         Sentence = "once-ready"         // network, duration, beginning of commands
	OnceSent          Sentence = "once-sent"          //
	OnceOff           Sentence = "once-off"           //
	OnceNotThis       Sentence = "once-not-this"      // network, beginning of commands
	OnceNotHere       Sentence = "once-not-here"      // network
	OnceNotKept       Sentence = "once-not-kept"      //
	AppointmentYes    Sentence = "appointment-yes"    //
	AppointmentNo     Sentence = "appointment-no"     //
	AppointmentMaybe  Sentence = "appointment-maybe"  //
	AppointmentGuests Sentence = "appointment-guests" // number
	HelpViewOnce      Sentence = "help-view-once"     //
	ArgMaybeOff       Sentence = "argument-maybe-off" //
)

var aboutSharing = map[Sentence]map[Language]string{
	LiveEnded: {English: "The live location has ended.", French: "Le partage de position en direct est terminé."},
	SharedFrom: {
		English: "Where I was when I began to share my live location. It does not move here.",
		French:  "Ma position au début du partage en direct. Elle ne bouge pas ici.",
	},
	SharedStaysHere: {
		English: "On %s people see where you were when you began to share; they do not see you move. Send your location again when it matters.",
		French:  "Sur %s, on voit votre position au début du partage ; on ne vous voit pas bouger. Renvoyez votre position quand c’est utile.",
	},
	OnceReady: {
		English: "The next picture, video or voice note that you send here can be viewed once only on %s, for the next %s. Write “%s view-once off” if you change your mind.",
		French:  "La prochaine image, vidéo ou note vocale que vous enverrez ici ne pourra être vue qu’une fois sur %s, pendant %s. Écrivez « %s view-once off » si vous changez d’avis.",
	},
	OnceSent: {
		English: "Sent; it can be viewed once only. What you send next stays.",
		French:  "Envoyé ; cela ne pourra être vu qu’une fois. Ce que vous enverrez ensuite restera.",
	},
	OnceOff: {English: "What you send here stays.", French: "Ce que vous envoyez ici reste."},
	OnceNotThis: {
		English: "%s cannot send this so that it is viewed once: only JPEG and PNG pictures, MP4 videos and voice notes. It was not sent. Write “%s view-once off” to send it so that it stays.",
		French:  "%s ne peut pas envoyer cela à vue unique : seulement les images JPEG et PNG, les vidéos MP4 et les notes vocales. Rien n’a été envoyé. Écrivez « %s view-once off » pour l’envoyer normalement.",
	},
	OnceNotHere: {
		English: "Write this in the room of a chat on %s that is yours.",
		French:  "Écrivez cela dans le salon d’une conversation %s qui est la vôtre.",
	},
	OnceNotKept: {
		English: "This could not be done now; what you send here stays. Try again later.",
		French:  "Ce n’est pas possible pour le moment ; ce que vous envoyez ici reste. Réessayez plus tard.",
	},
	AppointmentYes:    {English: "I will come.", French: "Je viendrai."},
	AppointmentNo:     {English: "I will not come.", French: "Je ne viendrai pas."},
	AppointmentMaybe:  {English: "Perhaps I will come.", French: "Je viendrai peut-être."},
	AppointmentGuests: {English: "Guests with me: %d", French: "Personnes qui m’accompagnent : %d"},
	HelpViewOnce: {
		English: "Send the next picture, video or voice note of this chat so that it can be viewed once only",
		French:  "Envoyer la prochaine image, vidéo ou note vocale de cette conversation à vue unique",
	},
	ArgMaybeOff: {English: "[off]", French: "[off]"},
}
