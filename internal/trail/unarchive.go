package trail

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"govd/internal/audit"
	"govd/internal/gov"
)

// parseArchive takes a trail apart, and refuses any byte that it would not have
// written itself.
func parseArchive(file []byte) (*archive, error) {
	if len(file) > maxBundleFile {
		return nil, badFile("the trail has %d bytes, %d at most", len(file), maxBundleFile)
	}
	parts, err := unzipped(file)
	if err != nil {
		return nil, err
	}
	a := &archive{}
	for _, p := range parts {
		if err := a.take(p); err != nil {
			return nil, err
		}
	}
	a.arrange()
	files, err := a.files()
	if err != nil {
		return nil, err
	}
	if again, err := zipped(files); err != nil || !bytes.Equal(again, file) {
		return nil, badFile("not a trail in its one form: parts, their order or what is between them differ")
	}
	return a, nil
}

// take takes in one part. What is doubled or out of order shows when all is
// written again.
func (a *archive) take(p part) (err error) {
	switch {
	case p.name == manifestPart:
		return checkManifest(p.data)
	case p.name == signedPart:
		a.checkpoint = p.data
	case p.name == growthPart:
		a.since = &Growth{}
		if json.Unmarshal(p.data, a.since) != nil {
			return badFile("the trail's %s is not one", growthPart)
		}
	case p.name == headsPart && len(p.data) > 0:
		a.heads, err = parseLines[seenHead](p.data)
	case p.name == entriesPart:
		a.entries, err = parseEntries(p.data)
	case p.name == hashesPart:
		a.hashes, err = parseHashes(p.data)
	case len(p.data) == 0 && !strings.HasPrefix(p.name, documentParts):
		err = badFile("the trail's part %s is empty", quote(p.name))
	default:
		a.shown = append(a.shown, p)
	}
	return err
}

func checkManifest(b []byte) error {
	var m manifest
	if json.Unmarshal(b, &m) != nil || m.Format != BundleFormat {
		return badFile("no format %s is known here; a newer govctl may know it", quote(m.Format))
	}
	return nil
}

func parseEntries(b []byte) (all []indexed, err error) {
	for line := range bytes.Lines(b) {
		number, entry, _ := bytes.Cut(bytes.TrimSuffix(line, []byte("\n")), []byte(" "))
		i, err := strconv.ParseUint(string(number), 10, 64)
		if err != nil || len(entry) > audit.MaxEntry || len(all) == maxBundleEntries {
			return nil, badFile("the trail's entries are too many, too long or without their index")
		}
		if n := len(all); n > 0 && all[n-1].index >= i {
			return nil, badFile("the trail's entries do not ascend")
		}
		all = append(all, indexed{i, entry})
	}
	return all, nil
}

func parseHashes(b []byte) (all []gov.Digest, err error) {
	for line := range strings.Lines(string(b)) {
		d, err := gov.ParseDigest(strings.TrimSuffix(line, "\n"))
		if err != nil {
			return nil, badFile("the trail's proof is not one")
		}
		all = append(all, d)
	}
	return all, nil
}

// parseLines parses lines of JSON, and refuses any other form of them.
func parseLines[T any](b []byte) (all []T, err error) {
	for line := range bytes.Lines(b) {
		var v T
		if json.Unmarshal(line, &v) != nil || len(all) == maxBundleParts {
			return nil, badFile("a list of the trail is too long or not one")
		}
		all = append(all, v)
	}
	if again, err := linesOf(all); err != nil || !bytes.Equal(again, b) {
		return nil, badFile("a list of the trail is not in its one form")
	}
	return all, nil
}

// ReadChain returns the chain that a trail shows, for who wants to look at it.
// It proves nothing; see [Verify]. Returns gov.NotFound with the reason NO_CHAIN
// from a receipt.
func ReadChain(file []byte) (*Chain, error) {
	a, err := parseArchive(file)
	if err != nil {
		return nil, err
	}
	b := a.find(chainPart)
	if b == nil {
		return nil, gov.Errorf(gov.NotFound, "NO_CHAIN", "the file is %s and shows no chain: 'govctl verify' says what it proves", kinds[a.kind()])
	}
	return ParseChain(b)
}

// ReadCertificate returns the certificate that a file shows. It proves nothing;
// see [Verify]. Returns gov.NotFound with the reason NO_CERTIFICATE if it shows
// none.
func ReadCertificate(file []byte) (*Certificate, error) {
	a, err := parseArchive(file)
	if err != nil {
		return nil, err
	}
	c := &Certificate{}
	switch b := a.find(certificatePart); {
	case b == nil:
		return nil, gov.Errorf(gov.NotFound, "NO_CERTIFICATE", "the file is %s and no certificate", kinds[a.kind()])
	case json.Unmarshal(b, c) != nil || c.Format != CertificateFormat:
		return nil, badFile("no certificate can be read here; a newer govctl may know its form")
	}
	return c, nil
}

// ParseChain reads a chain as the format "json" writes it. It proves nothing.
func ParseChain(b []byte) (*Chain, error) {
	c := &Chain{}
	if json.Unmarshal(b, c) != nil || c.Format != ChainFormat {
		return nil, badFile("no chain can be read here; a newer govctl may know its form")
	}
	return c, nil
}
