package taskhook

// Safety is what a safety check of its provider found in a result.
type Safety string

// The findings. Most providers do not look, and say nothing.
const (
	SafetyUnknown Safety = ""        // nobody looked
	SafetySafe    Safety = "safe"    // it was looked at, and nothing was found
	SafetyFlagged Safety = "flagged" // it is not fit for everyone: nudity, violence and their like
)

// SafetyOf is what is known of several results together: one that is flagged
// flags all, and all are safe only if each is.
func SafetyOf(results []Artifact) Safety {
	if len(results) == 0 {
		return SafetyUnknown
	}
	all := SafetySafe
	for _, a := range results {
		switch a.Safety {
		case SafetyFlagged:
			return SafetyFlagged
		case SafetyUnknown:
			all = SafetyUnknown
		}
	}
	return all
}
