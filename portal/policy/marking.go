package policy

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// marking is a classification marking, as capitals without accents or spaces.
type marking struct {
	letters string
	name    string
	// ordinary says that people write the words without meaning a marking, so that more has to speak for one.
	ordinary bool
}

// markings are the classification markings that are looked for, the highest first.
//
// French ones: the interministerial instruction IGI 1300 (SECRET, TRÈS SECRET, DIFFUSION RESTREINTE, SPÉCIAL FRANCE) and its
// edition before 2021 (CONFIDENTIEL DÉFENSE, SECRET DÉFENSE, TRÈS SECRET DÉFENSE), which is on documents still. Those of the
// European Union: Council Decision 2013/488/EU, article 2. Those of NATO, as French documents bear them: C-M(2002)49.
var markings = []marking{
	{"TRESSECRETDEFENSE", "TRÈS SECRET DÉFENSE", false},
	{"TRESSECRETUE", "TRÈS SECRET UE/EU TOP SECRET", false},
	{"EUTOPSECRET", "TRÈS SECRET UE/EU TOP SECRET", false},
	{"TRESSECRET", "TRÈS SECRET", true},
	{"SECRETDEFENSE", "SECRET DÉFENSE", false},
	{"SECRETUE", "SECRET UE/EU SECRET", false},
	{"EUSECRET", "SECRET UE/EU SECRET", false},
	{"SECRETOTAN", "NATO SECRET", false},
	{"NATOSECRET", "NATO SECRET", false},
	{"SECRET", "SECRET", true},
	{"CONFIDENTIELDEFENSE", "CONFIDENTIEL DÉFENSE", false},
	{"CONFIDENTIELUE", "CONFIDENTIEL UE/EU CONFIDENTIAL", false},
	{"EUCONFIDENTIAL", "CONFIDENTIEL UE/EU CONFIDENTIAL", false},
	{"CONFIDENTIELOTAN", "NATO CONFIDENTIAL", false},
	{"NATOCONFIDENTIAL", "NATO CONFIDENTIAL", false},
	{"RESTREINTUE", "RESTREINT UE/EU RESTRICTED", false},
	{"EURESTRICTED", "RESTREINT UE/EU RESTRICTED", false},
	{"NATORESTRICTED", "NATO RESTRICTED", false},
	{"DIFFUSIONRESTREINTEOTAN", "NATO RESTRICTED", false},
	{"DIFFUSIONRESTREINTE", "DIFFUSION RESTREINTE", false},
	{"SPECIALFRANCE", "SPÉCIAL FRANCE", true},
}

// roots are parts of the markings, one of which is in each.
var roots = []string{"SECRET", "CONFIDENTI", "RESTRE", "RESTRI", "SPECIAL"}

// Marking returns the classification marking that stands in a text, or ""; the highest, if there are several.
//
// Capitals, accents, spaces, line breaks and hyphens do not matter: "diffusion  restreinte", "D I F F U S I O N-RESTREINTE" and
// "Très\nsecret Défense" are markings. SECRET, TRÈS SECRET and SPÉCIAL FRANCE are words that people use, too, so that they count
//
//   - in capitals, in a line that is not all in capitals: "Note SECRET ci-jointe";
//   - in capitals, alone in their line or between what is neither letter nor space: "[SECRET]", "note_SECRET.pdf";
//   - in any letters behind "classifié" or "classification": "Classification : secret".
//
// "C'est secret", "C'EST SECRET" and "le secrétaire" are none.
func Marking(text string) string {
	if len(text) < len("SECRET") {
		return ""
	}
	read := spell(text)
	if !slices.ContainsFunc(roots, func(root string) bool { return strings.Contains(read.letters, root) }) {
		return ""
	}
	for _, m := range markings {
		for from := 0; ; {
			at := strings.Index(read.letters[from:], m.letters)
			if at < 0 {
				break
			}
			at += from
			end := at + len(m.letters)
			if read.isWhole(at, end) && (!m.ordinary || read.isMeant(at, end)) {
				return m.name
			}
			from = at + 1
		}
	}
	return ""
}

// What stands before a letter.
const (
	gapSpace   = 1 << iota // white space, also none that shows
	gapJoin                // what joins words or parts of one: - _ / ' and the like
	gapOther               // any other character that is no letter
	gapNewLine             // a line break
)

// spelling is a text as nothing but its letters.
type spelling struct {
	letters string  // capitals without accents; '?' for one that is not Latin
	capital []bool  // whether each is a capital in the text
	gap     []uint8 // what stands before each, and behind the last
}

// spell reads a text.
func spell(text string) spelling {
	s := spelling{capital: make([]bool, 0, len(text)), gap: make([]uint8, 0, len(text)+1)}
	letters := make([]byte, 0, len(text))
	gap := uint8(gapNewLine)
	add := func(letter byte, capital bool) {
		letters = append(letters, letter)
		s.capital, s.gap = append(s.capital, capital), append(s.gap, gap)
		gap = 0
	}
	for i := 0; i < len(text); i++ {
		if c := text[i]; c < 0x80 {
			switch {
			case c >= 'a' && c <= 'z':
				add(c-'a'+'A', false)
			case c >= 'A' && c <= 'Z':
				add(c, true)
			default:
				gap |= gapOf(rune(c))
			}
			continue
		}
		if r, size := utf8.DecodeRuneInString(text[i:]); r >= 0xc0 && r < 0x180 { // the common accents, quickly
			if plain := latin[r-0xc0]; plain != 0 {
				add(plain, unicode.IsUpper(r))
				i += size - 1
				continue
			}
		}
		end := i + 1
		for end < len(text) && text[end] >= 0x80 {
			end++
		}
		for _, r := range norm.NFKD.String(text[i:end]) {
			switch {
			case unicode.Is(unicode.Mn, r): // an accent
			case r < 0x80 && unicode.IsLetter(r):
				add(byte(unicode.ToUpper(r)), unicode.IsUpper(r))
			case unicode.IsLetter(r):
				add('?', unicode.IsUpper(r))
			default:
				gap |= gapOf(r)
			}
		}
		i = end - 1
	}
	s.letters, s.gap = string(letters), append(s.gap, gap|gapNewLine)
	return s
}

// latin are the letters with one accent between U+00C0 and U+017F without it, as capitals; 0: it is not one.
var latin = func() (plain [0xc0]byte) {
	for i := range plain {
		letters := []rune(norm.NFD.String(string(rune(0xc0 + i))))
		if len(letters) == 2 && letters[0] < 0x80 {
			plain[i] = byte(unicode.ToUpper(letters[0]))
		}
	}
	return plain
}()

func gapOf(r rune) uint8 {
	switch {
	case r == '\n', r == '\r', r == 0x2028, r == 0x2029:
		return gapNewLine
	case unicode.IsSpace(r), unicode.Is(unicode.Cf, r):
		return gapSpace
	case r == '-', r == '_', r == '/', r == '\'', r == '*', r == '~', r == 0x2019, unicode.Is(unicode.Pd, r):
		return gapJoin
	}
	return gapOther
}

// isWhole tells whether letters are words of their own, with nothing between them but what stands between words or, in letters set
// wide, between letters.
func (s *spelling) isWhole(at, end int) bool {
	if s.gap[at] == 0 || s.gap[end] == 0 {
		return false
	}
	for _, gap := range s.gap[at+1 : end] {
		if gap&gapOther != 0 {
			return false
		}
	}
	return true
}

// isMeant tells whether words that people use are a marking here.
func (s *spelling) isMeant(at, end int) bool {
	for _, before := range []string{"CLASSIFIE", "CLASSIFIEE", "CLASSIFIES", "CLASSIFIEES", "CLASSIFICATION"} {
		if start := at - len(before); start >= 0 && s.letters[start:at] == before && s.gap[start] != 0 {
			return true
		}
	}
	for i := at; i < end; i++ {
		if !s.capital[i] {
			return false
		}
	}
	if isEdge(s.gap[at]) && isEdge(s.gap[end]) {
		return true
	}
	for i := at; i > 0 && s.gap[i]&gapNewLine == 0; i-- {
		if !s.capital[i-1] {
			return true
		}
	}
	for i := end; i < len(s.letters) && s.gap[i]&gapNewLine == 0; i++ {
		if !s.capital[i] {
			return true
		}
	}
	return false
}

// isEdge tells whether what stands at the end of words sets them apart.
func isEdge(gap uint8) bool { return gap&(gapNewLine|gapJoin|gapOther) != 0 }

// foldGrows is how many times longer fold makes a text at most.
const foldGrows = 4

// fold makes texts comparable: small letters, no accents, one space where there is any.
func fold(text string) string {
	plain := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKD.String(text))
	return cut(strings.Join(strings.Fields(plain), " "), foldGrows*len(text))
}
