package say

// The sentences about calls that ring. What the placeholders stand for is said beside each.
const (
	GroupVoiceCall       Sentence = "group-voice-call"        //
	GroupVideoCall       Sentence = "group-video-call"        //
	MissedGroupCall      Sentence = "missed-group-call"       //
	MissedGroupVideoCall Sentence = "missed-group-video-call" //
	CallAnswered         Sentence = "call-answered"           //
	CallDeclined         Sentence = "call-declined"           //
	CallCameLate         Sentence = "call-came-late"          // time
)

var aboutCalls = map[Sentence]map[Language]string{
	GroupVoiceCall:       {English: "Group voice call", French: "Appel vocal de groupe"},
	GroupVideoCall:       {English: "Group video call", French: "Appel vidéo de groupe"},
	MissedGroupCall:      {English: "Missed group voice call", French: "Appel vocal de groupe manqué"},
	MissedGroupVideoCall: {English: "Missed group video call", French: "Appel vidéo de groupe manqué"},
	CallAnswered:         {English: "Answered on the phone", French: "Pris sur le téléphone"},
	CallDeclined:         {English: "Declined on the phone", French: "Refusé sur le téléphone"},
	CallCameLate: {
		English: "It rang at %s, before this service could show it.",
		French:  "Il a sonné à %s, avant que ce service ait pu l’afficher.",
	},
}
