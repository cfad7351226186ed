package govern

import (
	"context"
	"encoding/json"

	"govd/internal/audit"
	"govd/internal/store"
)

// relinkOld gives a store that was made before there was lineage the lineage of
// its versions, as replaying its log would: in such a log nothing but the
// registration of versions speaks of nodes. Any other store it leaves alone.
func relinkOld(ctx context.Context, st *store.Store) error {
	old := false
	err := st.View(ctx, func(tx *store.Tx) error {
		for range tx.Datasets("", "") {
			old = tx.Counter(nodeCounter) == 0
			break
		}
		return nil
	})
	if err != nil || !old {
		return err
	}
	return st.Update(ctx, relink)
}

// relink folds the registrations of the log into the lineage.
func relink(tx *store.Tx) error {
	for index, line := range tx.Entries(0) {
		e, err := audit.DecodeEntry(line)
		if err != nil {
			return err
		}
		var ev VersionRegistered
		if e.Event != ev.name() {
			continue
		}
		if err := json.Unmarshal(e.Data, &ev); err != nil {
			return err
		}
		if err := linkVersion(tx, origin{index, e.Time, e.Who, e.At}, ev.Registration, 0); err != nil {
			return err
		}
	}
	return nil
}
