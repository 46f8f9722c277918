package sandbox

import (
	"encoding/binary"
	"time"
)

const (
	soundRate   = 16000 // samples per second
	soundLength = 60 * time.Second
)

// wav is a tune of notes that the seed chooses, 16 bits mono, with the stamp as
// its comment. Only whole numbers are used, so that it is the same on every
// machine.
func wav(o order) []byte {
	samples := int(o.length(soundLength) * soundRate / time.Second)
	comment := stamp + "\x00" // 22 bytes: chunks begin at even places
	info := chunk("ICMT", []byte(comment))
	format := binary.LittleEndian.AppendUint16(nil, 1) // PCM
	format = binary.LittleEndian.AppendUint16(format, 1)
	format = binary.LittleEndian.AppendUint32(format, soundRate)
	format = binary.LittleEndian.AppendUint32(format, soundRate*2)
	format = binary.LittleEndian.AppendUint16(format, 2)
	format = binary.LittleEndian.AppendUint16(format, 16)
	body := append([]byte("WAVE"), chunk("fmt ", format)...)
	body = append(body, chunk("LIST", append([]byte("INFO"), info...))...)
	body = append(body, chunk("data", tune(o, samples))...)
	return chunk("RIFF", body)
}

func chunk(kind string, data []byte) []byte {
	return append(binary.LittleEndian.AppendUint32([]byte(kind), uint32(len(data))), data...)
}

// tune plays triangle waves, four notes a second, each fading out.
func tune(o order, samples int) []byte {
	const note = soundRate / 4
	scale := [...]int{262, 294, 330, 392, 440, 523} // Hz, rounded
	r := o.random(0)
	data := make([]byte, 0, 2*samples)
	hertz, phase := 0, 0
	for i := range samples {
		if i%note == 0 {
			hertz = scale[r.IntN(len(scale))]
		}
		phase = (phase + hertz) % soundRate
		wave := 4*min(phase, soundRate-phase) - soundRate // -soundRate to soundRate
		loud := note - i%note                             // note to 1
		data = binary.LittleEndian.AppendUint16(data, uint16(int16(wave*loud/note/2)))
	}
	return data
}
