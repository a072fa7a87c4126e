package whatsapp

// The shape of a voice note: WhatsApp's has 64 samples from 0 to 100, Matrix's any number from 0 to 1024 (MSC3246).
const (
	waveformSamples = 64
	loudestWhatsApp = 100
	loudestMatrix   = 1024
)

func waveformIn(samples []byte) []int {
	out := make([]int, len(samples))
	for i, loudness := range samples {
		out[i] = min(int(loudness), loudestWhatsApp) * loudestMatrix / loudestWhatsApp
	}
	return out
}

// waveformOut takes, for each of WhatsApp's samples, the loudest of those that it stands for.
func waveformOut(samples []int) []byte {
	if len(samples) == 0 {
		return nil
	}
	out := make([]byte, waveformSamples)
	for i := range out {
		first := i * len(samples) / waveformSamples
		last := max(first+1, (i+1)*len(samples)/waveformSamples)
		loudest := 0
		for _, loudness := range samples[first:last] {
			loudest = max(loudest, min(loudness, loudestMatrix))
		}
		out[i] = byte((loudest*loudestWhatsApp + loudestMatrix/2) / loudestMatrix)
	}
	return out
}
