package govern

import (
	"encoding/json"

	"govd/internal/gov"
)

// maxOMS is the largest model-signing bundle that is kept, in bytes.
const maxOMS = 2 << 20

// readOMS returns the files that an OpenSSF model-signing bundle names: a
// Sigstore bundle around an in-toto statement. Version 1 lists them as
// resources of its predicate, earlier ones as subjects. Whether its signature
// holds is for whoever knows the signer's key; what is kept here is what was
// signed.
func readOMS(b []byte) ([]gov.ModelFile, error) {
	if len(b) > maxOMS {
		return nil, gov.Errorf(gov.Exhausted, "BUNDLE_TOO_LARGE", "a model-signing bundle has %d bytes at most", maxOMS)
	}
	var bundle struct {
		Envelope struct {
			Payload []byte `json:"payload"`
			Type    string `json:"payloadType"`
		} `json:"dsseEnvelope"`
	}
	if json.Unmarshal(b, &bundle) != nil || bundle.Envelope.Type != "application/vnd.in-toto+json" {
		return nil, badBundle("it is no Sigstore bundle of an in-toto statement")
	}
	var statement struct {
		Subject []struct {
			Name   string            `json:"name"`
			Digest map[string]string `json:"digest"`
		} `json:"subject"`
		Predicate struct {
			Resources []struct {
				Name      string `json:"name"`
				Algorithm string `json:"algorithm"`
				Digest    string `json:"digest"`
			} `json:"resources"`
		} `json:"predicate"`
	}
	if json.Unmarshal(bundle.Envelope.Payload, &statement) != nil {
		return nil, badBundle("its statement is no JSON")
	}
	var files []gov.ModelFile
	add := func(name, algorithm, digest string) error {
		d, err := gov.ParseDigest("sha256:" + digest)
		if err != nil || algorithm != "sha256" {
			return badBundle("a file of it has no SHA-256")
		}
		files = append(files, gov.ModelFile{Name: name, Digest: d})
		return nil
	}
	for _, r := range statement.Predicate.Resources {
		if err := add(r.Name, r.Algorithm, r.Digest); err != nil {
			return nil, err
		}
	}
	if len(files) > 0 {
		return files, nil
	}
	for _, s := range statement.Subject {
		if err := add(s.Name, "sha256", s.Digest["sha256"]); err != nil {
			return nil, err
		}
	}
	return files, nil
}

func badBundle(why string) error {
	return gov.Errorf(gov.Invalid, "BAD_BUNDLE", "the model-signing bundle cannot be used: %s", why)
}
