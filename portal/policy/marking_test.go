package policy

import "testing"

func TestMarkingsAreFoundHoweverTheyAreWritten(t *testing.T) {
	for text, want := range map[string]string{
		"DIFFUSION RESTREINTE": "DIFFUSION RESTREINTE",
		"Bonjour,\nce texte est en diffusion  restreinte. Claire": "DIFFUSION RESTREINTE",
		"DIFFUSION\nRESTREINTE":                                   "DIFFUSION RESTREINTE",
		"D I F F U S I O N   R E S T R E I N T E":                 "DIFFUSION RESTREINTE",
		"**Diffusion-Restreinte**":                                "DIFFUSION RESTREINTE",
		"diffusion_restreinte_v2.docx":                            "DIFFUSION RESTREINTE",
		"DIFFU\u00adSION\u00a0RESTREIN-\nTE":                      "DIFFUSION RESTREINTE",
		"ＤＩＦＦＵＳＩＯＮ ＲＥＳＴＲＥＩＮＴＥ":                                    "DIFFUSION RESTREINTE",
		"RESTREINT UE/EU RESTRICTED":                              "RESTREINT UE/EU RESTRICTED",
		"restreint ue":                                            "RESTREINT UE/EU RESTRICTED",
		"EU RESTRICTED":                                           "RESTREINT UE/EU RESTRICTED",
		"CONFIDENTIEL UE":                                         "CONFIDENTIEL UE/EU CONFIDENTIAL",
		"SECRET UE/EU SECRET":                                     "SECRET UE/EU SECRET",
		"TRE\u0300S SECRET UE":                                    "TRÈS SECRET UE/EU TOP SECRET",
		"secret défense":                                          "SECRET DÉFENSE",
		"Très Secret\nDéfense":                                    "TRÈS SECRET DÉFENSE",
		"confidentiel-defense":                                    "CONFIDENTIEL DÉFENSE",
		"NATO SECRET":                                             "NATO SECRET",
		"TRÈS SECRET":                                             "TRÈS SECRET",
		"TRES SECRET":                                             "TRÈS SECRET",
		"Note\n-- SECRET --\nBonjour":                             "SECRET",
		"S E C R E T":                                             "SECRET",
		"[SECRET] ordre du jour":                                  "SECRET",
		"note_SECRET.pdf":                                         "SECRET",
		"Plan SECRET de la base":                                  "SECRET",
		"COMPTE RENDU\nSECRET\nOBJET : ESSAIS":                    "SECRET",
		"DOCUMENT CLASSIFIÉ SECRET":                               "SECRET",
		"Classification : secret":                                 "SECRET",
		"un document classifié très secret":                       "TRÈS SECRET",
		"SPÉCIAL FRANCE":                                          "SPÉCIAL FRANCE",
		"SECRET\nSPÉCIAL FRANCE":                                  "SECRET",
		"DIFFUSION RESTREINTE\n[SECRET]":                          "SECRET",
		"":                                                        "",
		"Bonjour Amina":                                           "",
		"c'est secret":                                            "",
		"C’est très secret, ne dis rien":                          "",
		"C'EST SECRET":                                            "",
		"C'EST TRÈS SECRET, NE LE DIS À PERSONNE !":               "",
		"Le Secrétaire général":                                   "",
		"LE SECRÉTARIAT":                                          "",
		"Secret":                                                  "",
		"notre numéro spécial France":                             "",
		"la diffusion est restreinte":                             "",
		"rediffusion restreinte":                                  "",
		"diffusion restreintes":                                   "",
		"diffusion 3 restreinte":                                  "",
		"une diffusion. Restreinte à Paris":                       "",
		"top secret agent":                                        "",
		"un secret eurêka":                                        "",
		"секрет":                                                  "",
	} {
		if got := Marking(text); got != want {
			t.Errorf("%q is marked %q, want %q", text, got, want)
		}
	}
}

func TestFoldedTextsAreComparable(t *testing.T) {
	for text, want := range map[string]string{
		"Été  à\nla PLAGE": "ete a la plage", "ﬁn": "fin", "": "", "\u202egpj.exe": "gpj.exe", "ﷺ": "صلى الله", // cut: it is long
	} {
		if got := fold(text); got != want && text != "ﷺ" || len(got) > foldGrows*len(text) {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

// FuzzMarking looks for a text that panics.
func FuzzMarking(f *testing.F) {
	f.Add("S E C R E T")
	f.Add("\xff\u0300CLASSIFIÉ secret")
	f.Fuzz(func(_ *testing.T, text string) {
		Marking(text)
		fold(text)
	})
}
