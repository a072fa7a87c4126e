package say

// The sentences about what is a person's own: the marks of chats, and the accounts. What the placeholders stand for is said
// beside each.
const (
	HelpMute      Sentence = "help-mute"       // network
	HelpPin       Sentence = "help-pin"        // network
	HelpArchive   Sentence = "help-archive"    // network
	ArgMaybeTime  Sentence = "arg-maybe-time"  //
	Muted         Sentence = "muted"           // network
	MutedFor      Sentence = "muted-for"       // duration, network
	MuteHowTo     Sentence = "mute-how-to"     // the command's first word
	Unmuted       Sentence = "unmuted"         // network
	Pinned        Sentence = "pinned"          // network
	Unpinned      Sentence = "unpinned"        // network
	Archived      Sentence = "archived"        // network
	Unarchived    Sentence = "unarchived"      // network
	NotMarked     Sentence = "not-marked"      // network
	MarkNotPassed Sentence = "mark-not-passed" // network

	SpaceTopic Sentence = "space-topic" // network
)

var aboutOwn = map[Sentence]map[Language]string{
	HelpMute: {
		English: "Mute this chat here and on %s, for good or for a while; unmute ends it",
		French:  "Couper les notifications de cette conversation ici et sur %s, définitivement ou pour un temps ; unmute les rétablit",
	},
	HelpPin: {
		English: "Keep this chat at the top here and on %s; unpin ends it",
		French:  "Épingler cette conversation ici et sur %s ; unpin la détache",
	},
	HelpArchive: {
		English: "Put this chat away here and on %s; unarchive brings it back",
		French:  "Archiver cette conversation ici et sur %s ; unarchive la ressort",
	},
	ArgMaybeTime: {
		English: "[8h|7d]",
		French:  "[8h|7d]",
	},
	Muted: {
		English: "This chat is muted, here and on %s.",
		French:  "Les notifications de cette conversation sont coupées, ici et sur %s.",
	},
	MutedFor: {
		English: "This chat is muted for %s, here and on %s.",
		French:  "Les notifications de cette conversation sont coupées pendant %s, ici et sur %s.",
	},
	MuteHowTo: {
		English: "That is no time. Write “%[1]s mute”, “%[1]s mute 8h” or “%[1]s mute 7d”.",
		French:  "Ce n’est pas une durée. Écrivez « %[1]s mute », « %[1]s mute 8h » ou « %[1]s mute 7d ».",
	},
	Unmuted: {
		English: "This chat is no longer muted, neither here nor on %s.",
		French:  "Les notifications de cette conversation sont rétablies, ici et sur %s.",
	},
	Pinned: {
		English: "This chat is pinned on %s, and a favourite here.",
		French:  "Cette conversation est épinglée sur %s, et parmi vos favoris ici.",
	},
	Unpinned: {
		English: "This chat is no longer pinned on %s, and no favourite here.",
		French:  "Cette conversation n’est plus épinglée sur %s, ni parmi vos favoris ici.",
	},
	Archived: {
		English: "This chat is archived on %s, and among those of low priority here.",
		French:  "Cette conversation est archivée sur %s, et en priorité basse ici.",
	},
	Unarchived: {
		English: "This chat is no longer archived on %s, and of normal priority here.",
		French:  "Cette conversation n’est plus archivée sur %s, et de priorité normale ici.",
	},
	NotMarked: {
		English: "%s could not be told. Nothing was changed; try again later.",
		French:  "%s n’a pas pu en être informé. Rien n’a été modifié ; réessayez plus tard.",
	},
	SpaceTopic: {
		English: "Your chats on %s",
		French:  "Vos conversations sur %s",
	},
	MarkNotPassed: {
		English: "What you changed about this chat in your app could not be passed on to %s: it is muted, pinned or archived there as before.",
		French:  "Ce que vous avez modifié pour cette conversation dans votre application n’a pas pu être transmis à %s : rien n’y a changé.",
	},
}
