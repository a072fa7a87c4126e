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

	SpaceTopic      Sentence = "space-topic"       // network
	HelpAccounts    Sentence = "help-accounts"     // network
	HelpLogout      Sentence = "help-logout"       // network
	HelpPrefer      Sentence = "help-prefer"       //
	ArgMaybeAccount Sentence = "arg-maybe-account" //
	AccountLine     Sentence = "account-line"      // number in the list, name and phone number, state
	AccountLinked   Sentence = "account-linked"    //
	AccountUnlinked Sentence = "account-unlinked"  //
	AccountHowTo    Sentence = "account-how-to"    //
	NoSuchAccount   Sentence = "no-such-account"   //
	WhichAccount    Sentence = "which-account"     // command
	LoggedOutNow    Sentence = "logged-out-now"    // network, name of the account, command prefix
	RoomRests       Sentence = "room-rests"        // network
	PreferWhere     Sentence = "prefer-where"      //
	PreferredNow    Sentence = "preferred-now"     // network, name of the account
	NotPreferred    Sentence = "not-preferred"     //
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
	HelpAccounts: {
		English: "List your %s accounts",
		French:  "Lister vos comptes %s",
	},
	HelpLogout: {
		English: "Log out of %s; your rooms stay",
		French:  "Vous déconnecter de %s ; vos salons restent",
	},
	HelpPrefer: {
		English: "Choose which of your accounts you write with in this group",
		French:  "Choisir avec lequel de vos comptes vous écrivez dans ce groupe",
	},
	ArgMaybeAccount: {
		English: "[number in the list]",
		French:  "[numéro dans la liste]",
	},
	AccountLine: {
		English: "%d. %s: %s",
		French:  "%d. %s : %s",
	},
	AccountLinked: {
		English: "linked",
		French:  "lié",
	},
	AccountUnlinked: {
		English: "no longer linked",
		French:  "n’est plus lié",
	},
	AccountHowTo: {
		English: "Commands in a chat use its account, others the first one. To use another, write “from 2” behind the command, such as “start-chat from 2 +33 6 12 34 56 78”.",
		French:  "Les commandes écrites dans une conversation utilisent son compte, les autres le premier. Pour en utiliser un autre, écrivez « from 2 » après la commande, par exemple « start-chat from 2 +33 6 12 34 56 78 ».",
	},
	NoSuchAccount: {
		English: "You have no such account. Write “list-logins” to see yours.",
		French:  "Vous n’avez pas un tel compte. Écrivez « list-logins » pour voir les vôtres.",
	},
	WhichAccount: {
		English: "Which of your accounts? Write “%s” and its number in the list, which “list-logins” shows.",
		French:  "Lequel de vos comptes ? Écrivez « %s » et son numéro dans la liste, que « list-logins » affiche.",
	},
	LoggedOutNow: {
		English: "You are logged out of %s (%s), and the link on the phone is removed. Your rooms stay as they are. Write “%s login” to link it again.",
		French:  "Vous êtes déconnecté de %s (%s), et la liaison est supprimée sur le téléphone. Vos salons restent tels quels. Écrivez « %s login » pour la rétablir.",
	},
	RoomRests: {
		English: "Nobody is linked to %s for this chat any more: what is written there does not come in here, and what you write here does not go out. What was said stays.",
		French:  "Plus personne n’est lié à %s pour cette conversation : ce qui y est écrit n’arrive plus ici, et ce que vous écrivez ici ne part plus. Ce qui a été dit reste.",
	},
	PreferWhere: {
		English: "Write this in a group that several of your accounts are in. Any other chat belongs to one account.",
		French:  "Écrivez ceci dans un groupe où se trouvent plusieurs de vos comptes. Toute autre conversation appartient à un seul compte.",
	},
	PreferredNow: {
		English: "What you write in this group goes out from %s (%s) now.",
		French:  "Ce que vous écrivez dans ce groupe part désormais de %s (%s).",
	},
	NotPreferred: {
		English: "That could not be stored. Try again in a moment.",
		French:  "Cela n’a pas pu être enregistré. Réessayez dans un instant.",
	},
	MarkNotPassed: {
		English: "What you changed about this chat in your app could not be passed on to %s: it is muted, pinned or archived there as before.",
		French:  "Ce que vous avez modifié pour cette conversation dans votre application n’a pas pu être transmis à %s : rien n’y a changé.",
	},
}
