package main

import (
	"encoding/json"
	"path"

	"github.com/rogpeppe/go-internal/testscript"
)

// judgeCmd answers one item of an inspection after another until there is none:
// judge INSPECTION [VERDICT]. Without a verdict it says what is so: a record is
// labelled as its folder is called.
func judgeCmd(ts *testscript.TestScript, _ bool, args []string) {
	for {
		ts.Check(ts.Exec("govctl", "inspect", "next", args[0], "--json"))
		var task struct {
			Item, Key string
			Record    struct{ Labels []struct{ Name string } }
		}
		ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &task))
		if task.Item == "" {
			return
		}
		verdict := "wrong"
		if len(args) == 1 && task.Record.Labels[0].Name == path.Base(path.Dir(task.Key)) {
			verdict = "ok"
		}
		ts.Check(ts.Exec("govctl", "inspect", "answer", args[0], task.Item, verdict))
	}
}
