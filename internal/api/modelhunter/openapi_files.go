package modelhunter

import (
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/openapi"
)

func fileNotes() map[string]operationNote {
	fileTooLarge := failure{Name: "FileTooLarge", Codes: []taskhook.Code{taskhook.CodeFileTooLarge},
		Text: "The file is larger than 100 MB, or is an image larger than 50 MB.", Say: "An image must have at most 50 MB (52428800 bytes)."}
	return map[string]operationNote{
		"POST /api/v1/files/upload-url": {id: "announceFile", tag: tagFiles, failures: []failure{fileTooLarge},
			request: client.NewFile{Filename: "cat.png", ContentType: "image/png", SizeBytes: 48213}, answer: exampleUpload(),
			text: "The first of three steps. Then `PUT` the bytes to `upload_url`, with the same `Content-Type` and no key, and complete the file. " +
				"PNG, JPEG and WebP of at least 128 x 128 pixels, one side at most 4 times the other, up to 50 MB; MP4 up to 100 MB. " +
				"An upload may be repeated until the file is complete; what is not complete after 24 hours is removed."},
		"POST /api/v1/files/{file_id}/complete": {id: "completeFile", tag: tagFiles, failures: []failure{conflict}, answer: exampleFile(),
			text: "The last of three steps; a file without its bytes is a conflict. It may be repeated. Use `url` in the input of a task: the task keeps the file itself in mind, not the link, which ends after 15 minutes."},
		"GET /api/v1/files": {id: "listFiles", tag: tagFiles, paged: true, cursor: exampleFileID, answer: []client.File{exampleFile()},
			text: "Those that are complete.", parameters: pageParameters(defaultLimit, taskhook.PrefixFile)},
		"GET /api/v1/files/{file_id}": {id: "getFile", tag: tagFiles, answer: exampleFile(), text: "The link is made anew for every answer and is good for 15 minutes."},
		"DELETE /api/v1/files/{file_id}": {id: "deleteFile", tag: tagFiles, answer: client.Deleted{ID: exampleFileID, Deleted: true},
			text: "Its links end at once. A task that still waits for it fails."},
	}
}

func fileTypes(r *openapi.Reflector) {
	contentType := openapi.Schema{Description: "What the file is.", Enum: openapi.Enum("image/png", "image/jpeg", "image/webp", "video/mp4")}
	r.Request(client.NewFile{}, openapi.Fields{
		"":            {Description: "A file to upload."},
		"filename":    {Description: "What you call it.", MinLength: count(1), MaxLength: count(255), Pattern: plainText},
		"contentType": contentType,
		"sizeBytes":   {Description: "How many bytes it has.", Minimum: "1", Maximum: "104857600"},
	})
	id := idSchema(taskhook.PrefixFile).Pattern
	r.Answer(client.Upload{}, openapi.Fields{
		"":           {Description: "Where to send a file."},
		"upload_url": {Description: "Takes the bytes, with `PUT`; it is a secret.", Format: "uri"},
		"file_id":    {Description: "The id of the file.", Pattern: id},
		"expires_at": {Description: "When the address ends: after 15 minutes."},
	})
	r.Answer(client.File{}, openapi.Fields{
		"":             {Description: "A complete file."},
		"id":           {Description: "The id of the file.", Pattern: id},
		"url":          {Description: "Where the file is, for 15 minutes.", Format: "uri"},
		"filename":     {Description: "What you call it."},
		"content_type": contentType,
		"size_bytes":   {Description: "How many bytes it has.", Minimum: "1"},
		"created_at":   {Description: "When it was announced."},
	})
}

func exampleUpload() client.Upload {
	return client.Upload{UploadURL: "https://example.com/uploads/" + exampleFileID + "?expires=1772358300&signature=…",
		FileID: exampleFileID, ExpiresAt: exampleTime(15 * time.Minute)}
}

func exampleFile() client.File {
	return client.File{ID: exampleFileID, URL: "https://example.com/files/" + exampleFileID + ".png?expires=1772358300&signature=…",
		Filename: "cat.png", ContentType: "image/png", SizeBytes: 48213, CreatedAt: exampleTime(0)}
}
