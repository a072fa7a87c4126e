package geo

import "testing"

func TestWhatIsNoPlaceIsNotRead(t *testing.T) {
	for _, uri := range []string{
		"", "geo:", "geo:1", "geo:1,2,3,4", "geo:91,0", "geo:0,181", "geo:NaN,0", "geo:a,b", "http:1,2", "geo:1,2;crs=moon-2011",
	} {
		if _, ok := Parse(uri); ok {
			t.Errorf("%q is read", uri)
		}
	}
	for _, uri := range []string{"geo:1,2,300", "GEO:-90,180;crs=WGS84;u=-4", "geo:1,2;u=x;later=yes"} {
		if place, ok := Parse(uri); !ok || place.Accuracy != 0 {
			t.Errorf("%q is not read, or within %d m", uri, place.Accuracy)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("geo:53.5,-9.5;u=12")
	f.Add("geo:1,2,3;crs=wgs84;u=1e300")
	f.Fuzz(func(t *testing.T, uri string) {
		place, ok := Parse(uri)
		if !ok {
			return
		}
		if again, ok := Parse(place.URI()); !ok || again != place {
			t.Errorf("%q is %+v and then %+v", uri, place, again)
		}
	})
}
