// Package client is a Go client of the primary API, and owns the wire types
// that the server's face of that API is written with too, so that the two
// can't drift apart.
//
//	c := client.New("https://taskhook.example.com", "thk_live_…")
//	task, err := c.Submit(ctx, "vidu", "text-to-video", client.Submission{
//		Model: "viduq3-turbo",
//		Input: json.RawMessage(`{"prompt":"a river at dawn"}`),
//	})
//
// The API is that of ModelHunter.AI as its public documents describe it, with
// extensions of our own. Requests are in camelCase, answers in snake_case but
// for the pagination, as there.
//
// Nothing is tried again unasked. The package needs the standard library only
// and must not know the server.
package client
