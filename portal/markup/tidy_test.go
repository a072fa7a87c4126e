package markup

import (
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// inner is the HTML within a body.
func inner(t *testing.T, body *html.Node) string {
	t.Helper()
	var out strings.Builder
	for node := body.FirstChild; node != nil; node = node.NextSibling {
		if err := html.Render(&out, node); err != nil {
			t.Fatal(err)
		}
	}
	return out.String()
}

func TestHTMLIsTidied(t *testing.T) {
	for _, one := range []struct{ name, source, want string }{
		{"white space", "<p>  one\n two </p>\n<p>three</p>", "<p>one two </p><p>three</p>"},
		{"what is not read", "<mx-reply>old</mx-reply><script>run()</script>new<!-- x -->", "new"},
		{"a heading", "<h2>Title</h2>", "<p><b>Title</b></p>"},
		{"spaces in marks", "a<b> b </b>c", "a <b>b</b> c"},
		{"a table", "<table><tr><td>a</td><td>b</td></tr></table>", "<div><div><span><span>a</span> | <span>b</span></span><br/></div></div>"},
		{"code as it stands", "<pre>a\n  b</pre>", "<pre>a\n  b</pre>"},
	} {
		t.Run(one.name, func(t *testing.T) {
			body, ok := Tidy(one.source)
			if got := inner(t, body); !ok || got != one.want {
				t.Errorf("is %q, want %q", got, one.want)
			}
		})
	}
}
