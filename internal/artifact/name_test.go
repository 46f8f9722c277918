package artifact

import "testing"

func TestSafeName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"task_x-2.mp4": "task_x-2.mp4", "../../etc/passwd": "_.._etc_passwd", "a\"b\r\nc": "a_b__c", "été": "_t_",
	} {
		if got := safeName(name); got != want {
			t.Errorf("safeName(%q) = %q, want %q", name, got, want)
		}
	}
}
