package flowtest

import (
	"testing"

	"pgregory.net/rapid"

	"shangliang/internal/flow"
)

var visit = flow.Machine{
	Name: "visit", Title: "走访", Initial: "planned",
	States: []flow.State{
		{ID: "planned", Title: "已安排"},
		{ID: "under_way", Title: "进行中"},
		{ID: "done", Title: "已完成", Final: true},
		{ID: "off", Title: "已取消", Final: true},
	},
	Steps: []flow.Step{
		{Action: "note", Title: "记录", From: []string{"planned", "under_way"}, Permission: "visit.note"},
		{Action: "begin", Title: "开始", From: []string{"planned"}, To: "under_way", Permission: "visit.run"},
		{Action: "finish", Title: "完成", From: []string{"under_way"}, To: "done", Permission: "visit.run"},
		{Action: "cancel", Title: "取消", From: []string{"planned", "under_way"}, To: "off", Permission: "visit.run"},
	},
}

func TestWalkTriesEveryPair(t *testing.T) {
	allowed, refused := 0, 0
	Walk(t, visit, func(t *testing.T, p Pair) {
		_, err := visit.Find(p.State.ID, p.Action)
		if p.Allowed {
			allowed++
			if err != nil || p.Step.Action != p.Action {
				t.Errorf("%+v, %v", p, err)
			}
			return
		}
		refused++
		Refused(t, p, err)
	})
	if allowed != 6 || refused != 4*4-6 {
		t.Errorf("%d allowed, %d refused", allowed, refused)
	}
}

func TestPath(t *testing.T) {
	steps, ok := Path(visit, "done")
	if !ok || len(steps) != 2 || steps[0].Action != "begin" || steps[1].Action != "finish" {
		t.Errorf("%v, %v", steps, ok)
	}
	if steps, ok := Path(visit, "planned"); !ok || len(steps) != 0 {
		t.Errorf("to the beginning: %v, %v", steps, ok)
	}
	if _, ok := Path(visit, "done", "begin"); ok {
		t.Error("the avoided action was taken")
	}
	if _, ok := Path(visit, "nowhere"); ok {
		t.Error("a way to nowhere")
	}
}

func TestGenerators(t *testing.T) {
	longest := 0
	rapid.Check(t, func(t *rapid.T) {
		state := visit.Initial
		steps := Legal(visit, 8).Draw(t, "legal")
		longest = max(longest, len(steps))
		for _, s := range steps {
			if _, err := visit.Find(state, s.Action); err != nil {
				t.Fatal(err)
			}
			state = s.Next(state)
		}
		for _, a := range Any(visit, 8).Draw(t, "any") {
			if s, err := visit.Find(state, a); err == nil {
				state = s.Next(state)
			}
		}
		if visit.State(state).ID == "" {
			t.Fatalf("ended in %q", state)
		}
	})
	if longest < 3 {
		t.Errorf("the longest sequence has %d steps", longest)
	}
}
