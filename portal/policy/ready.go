package policy

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"passerelle/portal"
	"passerelle/portal/say"
)

// The names of the ready-made rules.
const (
	ReadyClassification = "classification"
	ReadyDangerous      = "dangerous-files"
	ReadySize           = "size"
	ReadyFirstContact   = "first-contact"
	ReadyNetwork        = "network-by-department"
)

// Ready is a ready-made rule that is switched on.
type Ready struct {
	Name       string
	Outcome    portal.Outcome      // "": the rule's own
	Directions []portal.Direction  // none: the rule's own
	Unless     string              // CEL: of what the rule is not asked; "": of nothing
	Sentence   portal.Words        // empty: the rule's own
	Limit      int64               // of size: how many bytes a file may have
	Extensions []string            // of dangerous-files: further ones, without the dot
	Allowed    map[string][]string // of network-by-department: who may write on a network
}

// readyMade is a ready-made rule.
type readyMade struct {
	outcome    portal.Outcome
	directions []portal.Direction
	when       func(Ready) (string, error)
	sentence   say.Sentence
}

// bothWays are both directions.
var bothWays = []portal.Direction{portal.In, portal.Out}

// made are the ready-made rules by their names.
var made = map[string]readyMade{
	ReadyClassification: {portal.Refuse, []portal.Direction{portal.Out}, classification, say.PolicyClassified},
	ReadyDangerous:      {portal.Withhold, bothWays, dangerous, say.PolicyDangerous},
	ReadySize:           {portal.Withhold, bothWays, tooLarge, say.PolicyTooLarge},
	ReadyFirstContact:   {portal.Hold, bothWays, firstContact, ""},
	ReadyNetwork:        {portal.Refuse, []portal.Direction{portal.Out}, networkByDepartment, say.PolicyNetwork},
}

// ReadyNames lists the ready-made rules.
func ReadyNames() []string { return slices.Sorted(maps.Keys(made)) }

// readyRules writes the ready-made rules that are switched on in CEL, as an administrator would.
func readyRules(list []Ready) ([]placed, error) {
	var rules []placed
	var wrong []error
	for i, r := range list {
		place := fmt.Sprintf("policy.ready[%d]", i)
		rule, err := r.rule()
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%s (%s): %w", place, r.Name, err))
			continue
		}
		rules = append(rules, placed{rule, place})
	}
	return rules, errors.Join(wrong...)
}

func (r Ready) rule() (Rule, error) {
	own, known := made[r.Name]
	if !known {
		return Rule{}, fmt.Errorf("not known; choose of %s", strings.Join(ReadyNames(), ", "))
	}
	for name, given := range map[string]bool{ReadySize: r.Limit != 0, ReadyDangerous: len(r.Extensions) > 0, ReadyNetwork: len(r.Allowed) > 0} {
		if given && name != r.Name {
			return Rule{}, fmt.Errorf("it takes nothing that is for %s", name)
		}
	}
	when, err := own.when(r)
	if err != nil {
		return Rule{}, err
	}
	rule := Rule{Name: r.Name, Outcome: own.outcome, Sentence: r.Sentence}
	if r.Outcome != "" {
		rule.Outcome = r.Outcome
	}
	if r.Directions == nil {
		r.Directions = own.directions
	}
	conditions := []string{}
	if len(r.Directions) == 1 {
		conditions = append(conditions, "direction == "+quoted(string(r.Directions[0])))
	}
	if r.Unless != "" {
		if err := compiles(r.Unless); err != nil {
			return Rule{}, fmt.Errorf("unless: %w", err)
		}
		conditions = append(conditions, "!("+r.Unless+"\n)") // it may end with a comment
	}
	rule.When = strings.Join(append(conditions, "("+when+")"), " && ")
	if stops := rule.Outcome == portal.Refuse || rule.Outcome == portal.Withhold; len(rule.Sentence) == 0 && own.sentence != "" && stops {
		rule.Sentence = portal.Words{}
		for _, language := range say.Languages() {
			rule.Sentence[language] = language.Say(own.sentence)
		}
	}
	return rule, nil
}

// compiles tells what is wrong with a part of a rule.
func compiles(expression string) error {
	l, err := newLanguage()
	if err == nil {
		_, err = l.check(expression)
	}
	return err
}

func classification(Ready) (string, error) {
	return `marking(text) != "" || marking(file.name) != "" || marking(document.properties) != "" || marking(document.text) != ""`, nil
}

// dangerousExtensions are the ends of names that Windows, macOS or an office program run, or that hide what does: those that
// Outlook does not let through, and packages and disk images.
var dangerousExtensions = strings.Fields(`ade adp apk app appimage application appref-ms appx appxbundle bas bat cab cer chm cmd cnt com cpl
	crt csh deb desktop diagcab dll dmg docm dotm exe fxp gadget hlp hpj hta htc img inf ins iso isp its jar jnlp js jse ksh lnk mad maf mag
	mam maq mar mas mat mau mav maw mcf mda mdb mde mdt mdw mdz msc msh msh1 msh2 mshxml msi msix msp mst msu ops osd pcd pif pkg pl plg potm
	ppam ppsm pptm prf prg printerexport ps1 ps1xml ps2 ps2xml psc1 psc2 psd1 psdm1 psm1 pst py pyc pyo pyw pyz reg rpm scf scr sct settingcontent-ms
	sh shb shs sldm sys theme tmp url vb vbe vbp vbs vhd vhdx vsmacros vsw webpnp website wsc wsf wsh xbap xlam xll xlsm xltm xnk`)

func dangerous(r Ready) (string, error) {
	extensions := slices.Clone(dangerousExtensions)
	for _, extension := range r.Extensions {
		extensions = append(extensions, strings.ToLower(strings.TrimPrefix(extension, ".")))
	}
	return "file.program || document.macros || file.extension in " + list(extensions), nil
}

func tooLarge(r Ready) (string, error) {
	if r.Limit <= 0 {
		return "", errors.New("limit is missing; write one such as 20MB")
	}
	return "file.size > " + strconv.FormatInt(r.Limit, 10), nil
}

func firstContact(Ready) (string, error) { return "first_contact", nil }

func networkByDepartment(r Ready) (string, error) {
	if len(r.Allowed) == 0 {
		return "", errors.New("allowed is missing; write who may write on which network, such as whatsapp: [Finance]")
	}
	var parts []string
	for _, network := range slices.Sorted(maps.Keys(r.Allowed)) {
		parts = append(parts, fmt.Sprintf("(network == %s && !(department in %s))", quoted(network), list(r.Allowed[network])))
	}
	return strings.Join(parts, " || "), nil
}

// list writes texts as a list in CEL.
func list(texts []string) string {
	var parts []string
	for _, text := range texts {
		parts = append(parts, quoted(text))
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// quoted writes a text in CEL (langdef.md, "String and Bytes Values"): its escapes are Go's.
func quoted(text string) string { return strconv.Quote(strings.ToValidUTF8(text, "")) }
