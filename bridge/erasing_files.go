package bridge

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"

	"passerelle/portal/say"
)

// Files of a contact's are uploaded by their ghost (intent.upload), so that the homeserver can tell whose they are. A message's
// redaction takes the key and the address of its file, and leaves the file: no method of the Client-Server API removes one. Synapse's
// administration does (Synapse, "User Admin API", "Delete media uploaded by a user"); it takes an administrator's token.

const (
	// filesAtATime is how many files one request names or removes. It is Synapse's own default.
	filesAtATime = 100
	// filesPatience bounds one such request.
	filesPatience = time.Minute
)

// erasedFiles is what became of a contact's files.
type erasedFiles struct {
	of      id.UserID
	removed int
	stay    int // what the homeserver did not remove, though it answered
	shown   int // pictures that the contact gave to groups, which show them
	why     filesStay
}

// filesStay says why files stay; "": they do not.
type filesStay string

const (
	filesNotAsked   filesStay = "files-not-asked"   // there is no token
	filesCannot     filesStay = "files-cannot"      // the homeserver has no such method, or keeps it from the bridge
	filesNotAllowed filesStay = "files-not-allowed" // the homeserver does not take the token
	filesNotNow     filesStay = "files-not-now"     // the homeserver failed
)

// detail says it in the audit's words.
func (f erasedFiles) detail() string {
	switch {
	case f.why != "":
		return string(f.why)
	case f.stay > 0:
		return "files-left " + strconv.Itoa(f.stay)
	}
	return "files-removed " + strconv.Itoa(f.removed)
}

// left says what stays, and what to do about it.
func (f erasedFiles) left(in say.Language) (left []string) {
	switch f.why {
	case filesNotAsked:
		left = append(left, in.Say(say.StaysFilesNotAsked, f.of))
	case filesCannot:
		left = append(left, in.Say(say.StaysFilesCannot, f.of))
	case filesNotAllowed:
		left = append(left, in.Say(say.StaysFilesNotAllowed))
	case filesNotNow:
		left = append(left, in.Say(say.StaysFilesNotNow))
	}
	if f.why == "" && f.stay > 0 {
		left = append(left, in.Say(say.StaysFilesNotRemoved, f.stay))
	}
	if f.shown > 0 {
		left = append(left, in.Say(say.StaysGroupPictures, f.shown))
	}
	return left
}

// eraseFiles removes the files that a ghost has uploaded, as far as the homeserver can. That it cannot does not hold up an erasure:
// it is said, and the next erasure tries again.
func (n *network) eraseFiles(ctx context.Context, of id.UserID) erasedFiles {
	f := erasedFiles{of: of}
	administration, err := n.host.options.administration()
	if err == nil && administration == nil {
		f.why = filesNotAsked
		return f
	}
	if err == nil {
		err = n.removeFiles(ctx, administration, &f)
	}
	if f.why = whyFilesStay(err); f.why != "" {
		n.log.Warn().Err(err).Stringer("user_id", of).Msg("The files of an erased contact stay on the homeserver")
	}
	return f
}

func whyFilesStay(err error) filesStay {
	var answer mautrix.HTTPError
	switch {
	case err == nil, errors.Is(err, mautrix.MNotFound): // nobody of that name has uploaded anything
		return ""
	case errors.As(err, &answer) && (answer.IsStatus(http.StatusUnauthorized) || answer.IsStatus(http.StatusForbidden)):
		return filesNotAllowed
	case errors.As(err, &answer) && (answer.IsStatus(http.StatusNotFound) || answer.IsStatus(http.StatusMethodNotAllowed)):
		return filesCannot
	}
	return filesNotNow
}

// homeserverAdministration is the homeserver's administration, as Synapse has it.
type homeserverAdministration struct{ client *mautrix.Client }

// administration returns the homeserver's administration; nil: the bridge has no token for it.
func (o Options) administration() (*homeserverAdministration, error) {
	if o.AdminToken == "" {
		return nil, nil
	}
	client, err := mautrix.NewClient(o.HomeserverAddress, "", o.AdminToken)
	if err != nil {
		return nil, fmt.Errorf("reach the homeserver's administration: %w", err)
	}
	return &homeserverAdministration{client}, nil
}

// asks makes a request.
func (h *homeserverAdministration) asks(ctx context.Context, method string, path []any, query map[string]string, answer any) error {
	ctx, cancel := context.WithTimeout(mautrix.WithMaxRetries(ctx, 0), filesPatience)
	defer cancel()
	url := h.client.BuildURLWithQuery(mautrix.SynapseAdminURLPath(append([]any{"v1"}, path...)), query)
	_, err := h.client.MakeRequest(ctx, method, url, nil, answer)
	return err
}

// uploadedBy returns a page of the IDs of the files that somebody has uploaded, and how many those are in all.
func (h *homeserverAdministration) uploadedBy(ctx context.Context, user id.UserID, from, limit int) (files []string, total int, err error) {
	var answer struct {
		Media []struct {
			ID string `json:"media_id"`
		} `json:"media"`
		Total int `json:"total"`
	}
	err = h.asks(ctx, http.MethodGet, []any{"users", user, "media"}, map[string]string{
		"from": strconv.Itoa(from), "limit": strconv.Itoa(limit), "order_by": "media_id"}, &answer)
	for _, file := range answer.Media {
		files = append(files, file.ID)
	}
	return files, answer.Total, err
}

// removes removes one file, or a page of what somebody has uploaded, and counts what is gone.
func (h *homeserverAdministration) removes(ctx context.Context, path []any, query map[string]string) (int, error) {
	var answer struct {
		Total int `json:"total"` // of what this request removed (synapse/media/media_repository.py, delete_local_media_ids)
	}
	err := h.asks(ctx, http.MethodDelete, path, query, &answer)
	return answer.Total, err
}

// removeFiles removes what a user has uploaded, except pictures that groups show: they are the groups' now.
func (n *network) removeFiles(ctx context.Context, from *homeserverAdministration, f *erasedFiles) error {
	pictures, err := n.groupPictures(ctx)
	if err != nil {
		return err
	}
	var all, kept []string
	for total := 1; len(all) < total; {
		var page []string
		if page, total, err = from.uploadedBy(ctx, f.of, len(all), filesAtATime); err != nil {
			return err
		}
		if len(page) == 0 {
			break
		}
		all = append(all, page...)
	}
	for _, file := range all {
		if pictures[file] {
			kept = append(kept, file)
		}
	}
	f.shown = len(kept)
	if f.shown == 0 {
		for range (len(all) + filesAtATime - 1) / filesAtATime {
			removed, err := from.removes(ctx, []any{"users", f.of, "media"}, map[string]string{"limit": strconv.Itoa(filesAtATime)})
			if f.removed += removed; err != nil {
				return err
			}
		}
	} else {
		for _, file := range all {
			if slices.Contains(kept, file) {
				continue
			}
			removed, err := from.removes(ctx, []any{"media", n.host.options.Domain, file}, nil)
			if f.removed += removed; err != nil && !errors.Is(err, mautrix.MNotFound) {
				return err
			}
		}
	}
	_, total, err := from.uploadedBy(ctx, f.of, 0, 1)
	f.stay = max(0, total-f.shown)
	return err
}

// groupPictures returns the IDs of the files that rooms of the network show as their pictures.
func (n *network) groupPictures(ctx context.Context) (map[string]bool, error) {
	pictures := map[string]bool{}
	rows, err := n.db.Query(ctx, `SELECT avatar_mxc FROM portal WHERE bridge_id = $1 AND avatar_mxc <> ''`, n.Name)
	err = each(rows, err, func(row dbutil.Scannable) error {
		var address id.ContentURIString
		if err := row.Scan(&address); err != nil {
			return err
		}
		if uri, err := address.Parse(); err == nil {
			pictures[uri.FileID] = true
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list the pictures of groups: %w", err)
	}
	return pictures, nil
}

// checkAdministration checks that the homeserver's administration takes the token, by asking what a network's bot has uploaded.
func (o Options) checkAdministration(ctx context.Context, bot id.UserID) Finding {
	f := Finding{Subject: say.CheckAdministration.With(), Result: OK, Detail: say.CheckFilesGo.With()}
	ctx, cancel := context.WithTimeout(ctx, checkPatience)
	defer cancel()
	administration, err := o.administration()
	if err == nil {
		_, _, err = administration.uploadedBy(ctx, bot, 0, 1)
	}
	why := whyFilesStay(err)
	if why == "" {
		return f
	}
	f.Result = Failed
	switch why {
	case filesCannot:
		f.Detail = say.CheckFilesCannot.With()
		f.Remedy = say.CheckFilesCannotMend.With(keyAdminToken, "/_synapse/admin", keyHomeserver)
	case filesNotAllowed:
		f.Detail, f.Remedy = say.CheckFilesRefused.With(), say.CheckFilesRefusedMend.With(keyAdminToken)
	default:
		f.Detail, f.Remedy = say.CheckAnswersNot.With(o.HomeserverAddress, err), say.CheckServerMend.With(keyHomeserver)
	}
	return f
}
