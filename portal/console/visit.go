package console

import (
	"crypto/subtle"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"passerelle/portal/govern"
	"passerelle/portal/say"
)

// visit is one request, and whoever makes it.
type visit struct {
	c        *Console
	w        http.ResponseWriter
	r        *http.Request
	language say.Language
	session  session      // of somebody who is in
	seat     *govern.Seat // nil: nobody is in
}

// Errors of a request, beside those of the desk.
var (
	errForeign  = errors.New("the request comes from another site")
	errMethod   = errors.New("there is no such method here")
	errForm     = errors.New("the form is not of this session")
	errTooLarge = errors.New("the request is too large")
	errTooMany  = errors.New("too many attempts to come in")
	errBrowser  = errors.New("the link was opened in another browser")
	errUsed     = errors.New("the link was used")
	errExpired  = errors.New("the link is too old")
	errUnknown  = errors.New("there is no such link")
	errProvider = errors.New("the provider did not let the person in")
	errStranger = errors.New("the provider's person has no role")
)

// complaint is how an error is told.
type complaint struct {
	err    error
	status int
	id     string // of the sentences: "console-error-ID" and "console-error-ID-text"
}

// complaints lists the errors that have a page of their own. What belongs to somebody else is told as what is not there.
func complaints() []complaint {
	return []complaint{
		{errForeign, http.StatusForbidden, "foreign"},
		{errMethod, http.StatusMethodNotAllowed, "lost"},
		{errForm, http.StatusForbidden, "form"},
		{errTooLarge, http.StatusRequestEntityTooLarge, "large"},
		{errTooMany, http.StatusTooManyRequests, "many"},
		{errBrowser, http.StatusForbidden, "browser"},
		{errUsed, http.StatusGone, "used"},
		{errExpired, http.StatusGone, "expired"},
		{errUnknown, http.StatusNotFound, "unknown"},
		{errProvider, http.StatusForbidden, "provider"},
		{errStranger, http.StatusForbidden, "role"},
		{govern.ErrNoRole, http.StatusForbidden, "role"},
		{govern.ErrMayNot, http.StatusForbidden, "may-not"},
		{govern.ErrNotYours, http.StatusNotFound, "lost"},
		{govern.ErrNotFound, http.StatusNotFound, "lost"},
		{govern.ErrArgument, http.StatusUnprocessableEntity, "argument"},
		{govern.ErrDecided, http.StatusConflict, "decided"},
		{govern.ErrTakenBack, http.StatusConflict, "taken-back"},
		{govern.ErrCannotNow, http.StatusConflict, "cannot-now"},
		{nil, http.StatusInternalServerError, "failed"},
	}
}

func complaintOf(err error) complaint {
	list := complaints()
	for _, known := range list[:len(list)-1] {
		if errors.Is(err, known.err) {
			return known
		}
	}
	return list[len(list)-1]
}

// outside wraps what anybody may ask for.
func (c *Console) outside(answer func(*visit) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v := &visit{c: c, w: w, r: r}
		v.sits() // to show the frame of those who are in
		v.language = v.reads()
		v.finish(answer(v))
	}
}

// sits takes the session and the seat as they are now, and tells whether somebody is in. To look is no click: it does not prolong
// the session.
func (v *visit) sits() bool {
	cookie, err := v.r.Cookie(v.c.cookie("session"))
	if err != nil {
		return false
	}
	session, known := v.c.sessions.find(cookie.Value, false)
	if !known {
		return false
	}
	seat, err := v.c.options.Desk.Sit(session.person, govern.Console)
	if err != nil {
		return false
	}
	v.session, v.seat = session, seat
	return true
}

// inside wraps what only people with a role may ask for, who are in.
func (c *Console) inside(answer func(*visit) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v := &visit{c: c, w: w, r: r}
		v.language = v.reads()
		cookie, err := r.Cookie(c.cookie("session"))
		// A link from another site brings no cookie (SameSite=Strict). The page that leads here again is ours, and does.
		if err != nil && r.Method == http.MethodGet && r.Header.Get("Sec-Fetch-Site") == "cross-site" {
			v.finish(v.leadTo(r.URL.RequestURI()))
			return
		}
		known := false
		if err == nil {
			v.session, known = c.sessions.find(cookie.Value, true)
		}
		if !known {
			to := "/sign-in"
			if err == nil {
				to += "?over=1"
			}
			http.Redirect(w, r, to, http.StatusSeeOther)
			return
		}
		v.language = v.reads()
		if v.seat, err = c.options.Desk.Sit(v.session.person, govern.Console); err != nil {
			v.seat = nil
			if errors.Is(err, govern.ErrNoRole) {
				c.sessions.end(cookie.Value)
				v.forget("session")
			}
			v.finish(err)
			return
		}
		if r.Method == http.MethodPost {
			if err := v.readForm(); err != nil {
				v.finish(err)
				return
			}
		}
		v.finish(answer(v))
	}
}

// readForm reads a form, and sees that it is of this session.
func (v *visit) readForm() error {
	if err := v.r.ParseForm(); err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return errTooLarge
		}
		return govern.ErrArgument
	}
	_ = http.NewResponseController(v.w).SetReadDeadline(time.Time{}) // what is done may take longer; see ServeHTTP
	if subtle.ConstantTimeCompare([]byte(v.r.PostFormValue("csrf")), []byte(v.session.csrf)) != 1 {
		return errForm
	}
	return nil
}

// finish answers with an error's page, if there is one.
func (v *visit) finish(err error) {
	if err == nil {
		return
	}
	told := complaintOf(err)
	if told.err == nil {
		v.c.options.Log.Error().Err(err).Str("page", v.r.Pattern).Msg("A page of the console failed")
	}
	if told.status == http.StatusTooManyRequests {
		v.w.Header().Set("Retry-After", "60")
	}
	if err := v.show(told.status, "error", "error-"+told.id, told); err != nil {
		v.c.options.Log.Error().Err(err).Msg("The page of an error failed")
	}
}

// cookie is the name of a cookie. "__Host-" has browsers take it from this host over https only (RFC 6265bis, 4.1.3.2).
func (c *Console) cookie(name string) string {
	if c.secure {
		return "__Host-passerelle-" + name
	}
	return "passerelle-" + name
}

// remember sets a cookie for so many seconds; 0: until the browser ends.
func (v *visit) remember(name, value string, seconds int, site http.SameSite) {
	http.SetCookie(v.w, &http.Cookie{Name: v.c.cookie(name), Value: value, Path: "/", MaxAge: seconds,
		HttpOnly: true, Secure: v.c.secure, SameSite: site})
}

func (v *visit) forget(name string) { v.remember(name, "", -1, http.SameSiteStrictMode) }

// reads tells which language the person reads: what they chose on a page, what they chose elsewhere, what their browser asks
// for.
func (v *visit) reads() say.Language {
	if cookie, err := v.r.Cookie(v.c.cookie("language")); err == nil && say.Language(cookie.Value).Known() {
		return say.Language(cookie.Value)
	}
	if v.session.person != "" {
		return v.c.options.Languages.Of(v.session.person)
	}
	for part := range strings.SplitSeq(v.r.Header.Get("Accept-Language"), ",") {
		code, _, _ := strings.Cut(strings.TrimSpace(part), ";")
		code, _, _ = strings.Cut(code, "-")
		if l := say.Language(strings.ToLower(code)); l.Known() {
			return l
		}
	}
	return v.c.options.Languages.Of("")
}

// chooseLanguage keeps in the browser which language its person reads.
func (c *Console) chooseLanguage(v *visit) error {
	language := say.Language(v.r.PostFormValue("language"))
	if !language.Known() {
		return govern.ErrArgument
	}
	v.remember("language", string(language), 365*24*3600, http.SameSiteStrictMode)
	return v.leave(v.r.PostFormValue("back"))
}

// leave leads on to a page of ours after something was done.
func (v *visit) leave(path string) error {
	http.Redirect(v.w, v.r, local(path), http.StatusSeeOther)
	return nil
}

// leadTo shows a page that leads to another by itself: from there on it is our own page that leads, not another site's.
func (v *visit) leadTo(path string) error { return v.show(http.StatusOK, "lead", "lead", local(path)) }

// local returns a path of this host; what is none is the first page.
func local(path string) string {
	u, err := url.Parse(path)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t") {
		return "/"
	}
	return path
}
