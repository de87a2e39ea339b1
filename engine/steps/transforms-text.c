/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * The text of a transforms file, docs/transforms.md, written and read. What is read comes from
 * anywhere: every line is checked, nothing is guessed, and the line is named.
 */
#include <hyperfocal/transforms.h>

#include <hyperfocal/error.h>
#include <math.h>
#include <string.h>

/* More than this no camera does between two frames of one subject. */
static const double MOST_SCALE = 16;    /* of lengths, and its inverse */
static const double LEAST_DEPTH = 1e-3; /* w of a corner, as a share of the middle's */

/* ---- writing ---- */

/* Control characters, backslashes, and blanks at either end escaped as in C, all else as it is. */
static char *
escape (const char *text)
{
    char plain[130] = "\"";
    size_t length = strlen (text);
    char *escaped, *end;

    for (int i = 0; i < 128; i++)
        plain[1 + i] = (char) (0x80 + i);
    if (length > 0 && text[length - 1] == ' ') {
        char *rest = g_strndup (text, length - 1);

        escaped = escape (rest);
        end = g_strconcat (escaped, "\\040", NULL);
        g_free (rest);
        g_free (escaped);
        return end;
    }
    escaped = g_strescape (text, plain);
    if (*escaped != ' ')
        return escaped;
    end = g_strconcat ("\\040", escaped + 1, NULL);
    g_free (escaped);
    return end;
}

static void
append_text (GString *text, const char *key, const char *value)
{
    char *escaped = escape (value);

    g_string_append_printf (text, "%s %s\n", key, escaped);
    g_free (escaped);
}

static void
append_frame (GString *text, const HfTransforms *transforms, int i)
{
    const HfFrameTransform *frame = &transforms->frames[i];

    g_string_append_printf (text, "\nframe %d\n", i);
    if (frame->name)
        append_text (text, "name", frame->name);
    g_string_append_printf (text, "size %d %d\nused %s\n", frame->width, frame->height,
                            frame->used ? "yes" : "no");
    if (frame->used) {
        char *matrix = hf_matrix_to_string (&frame->matrix);

        g_string_append_printf (text, "model %s\nmatrix %s\n",
                                hf_choice_nick (hf_transform_choices, (int) frame->model), matrix);
        g_free (matrix);
    } else if (frame->reason) {
        append_text (text, "reason", frame->reason);
    }
}

char *
hf_transforms_to_text (const HfTransforms *transforms)
{
    GString *text = g_string_new ("hyperfocal transforms 1\n"
                                  "# A matrix maps pixels of the reference to pixels of the frame, "
                                  "row by row.\n");

    g_string_append_printf (text, "frames %d\nreference %d\n", transforms->n_frames,
                            transforms->reference);
    for (int i = 0; i < transforms->n_frames; i++)
        append_frame (text, transforms, i);
    return g_string_free (text, FALSE);
}

/* ---- what is accepted ---- */

/* NULL where the matrix can be one of a frame, else what is wrong with it. */
static const char *
fault_of (const HfMatrix *matrix, const HfFrameTransform *frame, const HfFrameTransform *reference)
{
    const double *m = matrix->m;
    double right = reference->width - 1, bottom = reference->height - 1;
    double w = m[6] * 0.5 * right + m[7] * 0.5 * bottom + m[8], x, y, area;
    double left_most = INFINITY, right_most = -INFINITY, top_most = INFINITY, low_most = -INFINITY;
    HfMatrix inverse;

    if (!hf_matrix_invert (*matrix, &inverse))
        return "is singular";
    for (int corner = 0; corner < 4; corner++) {
        double cx = corner % 2 ? right : 0, cy = corner / 2 ? bottom : 0;

        if (!((m[6] * cx + m[7] * cy + m[8]) / w > LEAST_DEPTH))
            return "leads to infinity within the picture";
        hf_matrix_map (matrix, cx, cy, &x, &y);
        left_most = fmin (left_most, x);
        right_most = fmax (right_most, x);
        top_most = fmin (top_most, y);
        low_most = fmax (low_most, y);
    }
    hf_matrix_map (matrix, 0.5 * right, 0.5 * bottom, &x, &y);
    area =
        ((m[0] - x * m[6]) * (m[4] - y * m[7]) - (m[1] - x * m[7]) * (m[3] - y * m[6])) / (w * w);
    if (!(area > 0))
        return "mirrors the picture";
    if (area > MOST_SCALE * MOST_SCALE || area < 1 / (MOST_SCALE * MOST_SCALE))
        return "scales by more than 16";
    if (!(left_most < frame->width && right_most > -1 && top_most < frame->height && low_most > -1))
        return "leads beside the frame";
    return NULL;
}

/* ---- reading ---- */

enum {
    SEEN_NAME = 1,
    SEEN_SIZE = 2,
    SEEN_USED = 4,
    SEEN_REASON = 8,
    SEEN_MODEL = 16,
    SEEN_MATRIX = 32
};

/* A text on its way, line by line. */
typedef struct Reader {
    const char *label;
    const char *at, *end;
    int line;    /* of the one below, from 1 */
    char *key;   /* its first word */
    char *value; /* what follows, "" where nothing does */
    char *buffer;
    int n_frames; /* what the head says */
    HfTransforms *transforms;
    int n_read; /* frames that were begun */
    int *lines; /* n_frames: where each one's matrix stands */
    int seen;   /* of the frame that is being read */
} Reader;

static bool fail (const Reader *reader, GError **error, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

static bool
fail (const Reader *reader, GError **error, const char *format, ...)
{
    va_list arguments;
    char *what, *bytes;

    va_start (arguments, format);
    bytes = g_strdup_vprintf (format, arguments);
    va_end (arguments);
    what = g_utf8_make_valid (bytes, -1);
    g_free (bytes);
    g_set_error (error, HF_ERROR, HF_ERROR_FORMAT, "'%s', line %d: %s", reader->label, reader->line,
                 what);
    g_free (what);
    return false;
}

/* The next line that is neither empty nor a comment; false at the end of the text. */
static bool
next_line (Reader *reader)
{
    while (reader->at < reader->end) {
        const char *newline = memchr (reader->at, '\n', (size_t) (reader->end - reader->at));
        const char *stop = newline ? newline : reader->end;
        char *blank;

        g_free (reader->buffer);
        reader->buffer = g_strndup (reader->at, (size_t) (stop - reader->at));
        reader->at = newline ? newline + 1 : reader->end;
        reader->line++;
        g_strchomp (reader->buffer);
        reader->key = reader->buffer + strspn (reader->buffer, " \t");
        if (*reader->key == '\0' || *reader->key == '#')
            continue;
        blank = reader->key + strcspn (reader->key, " \t");
        reader->value = blank + strspn (blank, " \t");
        *blank = '\0';
        return true;
    }
    reader->line++;
    return false;
}

/* One whole number from `text` up to a blank or its end; moves the text behind it. */
static bool
take_number (const Reader *reader, const char **text, int least, int most, const char *what,
             int *number, GError **error)
{
    char *end;
    gint64 value = g_ascii_strtoll (*text, &end, 10);

    if (end == *text || (*end != '\0' && *end != ' ' && *end != '\t'))
        return fail (reader, error, "%s needs a whole number, not \"%.40s\"", what, *text);
    if (value < least || value > most)
        return fail (reader, error, "%s is %" G_GINT64_FORMAT ", but must be from %d to %d", what,
                     value, least, most);
    *number = (int) value;
    *text = end + strspn (end, " \t");
    return true;
}

static bool
read_number (const Reader *reader, int least, int most, int *number, GError **error)
{
    const char *text = reader->value;

    if (!take_number (reader, &text, least, most, reader->key, number, error))
        return false;
    return *text == '\0' || fail (reader, error, "\"%.40s\" after the number", text);
}

static bool
expect (Reader *reader, const char *key, GError **error)
{
    if (!next_line (reader))
        return fail (reader, error, "the file ends where \"%s\" should come", key);
    return strcmp (reader->key, key) == 0 ||
           fail (reader, error, "\"%s\" should come here, not \"%.40s\"", key, reader->key);
}

static bool
read_head (Reader *reader, GError **error)
{
    int reference;

    if (!next_line (reader) || strcmp (reader->key, "hyperfocal") != 0 ||
        !g_str_has_prefix (reader->value, "transforms "))
        return fail (reader, error, "this is no file of transforms");
    if (strcmp (reader->value, "transforms 1") != 0)
        return fail (reader, error, "version \"%.40s\" of the file is not known, only 1",
                     reader->value + strlen ("transforms "));
    if (!expect (reader, "frames", error) ||
        !read_number (reader, 1, HF_TRANSFORMS_MOST_FRAMES, &reader->n_frames, error) ||
        !expect (reader, "reference", error) ||
        !read_number (reader, 0, reader->n_frames - 1, &reference, error))
        return false;
    reader->transforms = hf_transforms_new (reader->n_frames, reference);
    reader->lines = g_new0 (int, reader->n_frames);
    return true;
}

static bool
read_size (Reader *reader, HfFrameTransform *frame, GError **error)
{
    const char *text = reader->value;

    if (!take_number (reader, &text, 1, 1 << 20, "width", &frame->width, error) ||
        !take_number (reader, &text, 1, 1 << 20, "height", &frame->height, error))
        return false;
    return *text == '\0' || fail (reader, error, "\"%.40s\" after the size", text);
}

static bool
read_used (Reader *reader, HfFrameTransform *frame, GError **error)
{
    frame->used = strcmp (reader->value, "yes") == 0;
    return frame->used || strcmp (reader->value, "no") == 0 ||
           fail (reader, error, "used is yes or no, not \"%.40s\"", reader->value);
}

static bool
read_model (Reader *reader, HfFrameTransform *frame, GError **error)
{
    for (const HfChoice *choice = hf_transform_choices; choice->nick; choice++) {
        if (choice->value != HF_TRANSFORM_AUTO && strcmp (choice->nick, reader->value) == 0) {
            frame->model = (HfTransformModel) choice->value;
            return true;
        }
    }
    return fail (reader, error, "\"%.40s\" is no model", reader->value);
}

static bool
read_matrix (Reader *reader, HfFrameTransform *frame, GError **error)
{
    GError *failure = NULL;
    bool good;

    if (!hf_matrix_from_string (reader->value, &frame->matrix, &failure))
        fail (reader, error, "%.400s", failure->message);
    good = failure == NULL;
    g_clear_error (&failure);
    return good;
}

static bool
read_text (Reader *reader, char **text, GError **error)
{
    size_t length = strlen (reader->value), n = 0;

    while (n < length && reader->value[length - 1 - n] == '\\')
        n++;
    if (n % 2)
        return fail (reader, error, "a backslash at the end of the line");
    *text = g_strcompress (reader->value);
    return true;
}

static bool
read_key (Reader *reader, GError **error)
{
    static const char *const keys[] = { "name", "size", "used", "reason", "model", "matrix" };
    HfFrameTransform *frame = &reader->transforms->frames[reader->n_read - 1];
    int key = 0;

    while (key < (int) G_N_ELEMENTS (keys) && strcmp (reader->key, keys[key]) != 0)
        key++;
    if (key == (int) G_N_ELEMENTS (keys))
        return fail (reader, error, "\"%.40s\" is not known here", reader->key);
    if (reader->seen & 1 << key)
        return fail (reader, error, "frame %d has a second \"%s\"", reader->n_read - 1,
                     reader->key);
    reader->seen |= 1 << key;
    switch (1 << key) {
    case SEEN_NAME:
        return read_text (reader, &frame->name, error);
    case SEEN_SIZE:
        return read_size (reader, frame, error);
    case SEEN_USED:
        return read_used (reader, frame, error);
    case SEEN_REASON:
        return read_text (reader, &frame->reason, error);
    case SEEN_MODEL:
        return read_model (reader, frame, error);
    }
    reader->lines[reader->n_read - 1] = reader->line;
    return read_matrix (reader, frame, error);
}

/* The simplest that a matrix surely is, where the file does not say. */
static HfTransformModel
model_of (const HfMatrix *matrix)
{
    if (hf_matrix_is_identity (matrix))
        return HF_TRANSFORM_NONE;
    return hf_matrix_is_affine (matrix) ? HF_TRANSFORM_AFFINE : HF_TRANSFORM_HOMOGRAPHY;
}

/* Has the frame that ends here all that it needs, and nothing that contradicts? */
static bool
end_frame (Reader *reader, GError **error)
{
    int frame = reader->n_read - 1;
    bool used = frame >= 0 && reader->transforms->frames[frame].used;

    if (frame < 0)
        return true;
    if (!(reader->seen & SEEN_SIZE) || !(reader->seen & SEEN_USED))
        return fail (reader, error, "frame %d has no \"%s\"", frame,
                     reader->seen & SEEN_SIZE ? "used" : "size");
    if (used && !(reader->seen & SEEN_MATRIX))
        return fail (reader, error, "frame %d is used, but has no \"matrix\"", frame);
    if (used && (reader->seen & SEEN_REASON))
        return fail (reader, error, "frame %d is used, but has a \"reason\"", frame);
    if (!used && (reader->seen & (SEEN_MATRIX | SEEN_MODEL)))
        return fail (reader, error, "frame %d is not used, but has a \"%s\"", frame,
                     reader->seen & SEEN_MATRIX ? "matrix" : "model");
    if (!used && frame == reader->transforms->reference)
        return fail (reader, error, "frame %d is the reference and must be used", frame);
    if (used && !(reader->seen & SEEN_MODEL))
        reader->transforms->frames[frame].model =
            model_of (&reader->transforms->frames[frame].matrix);
    return true;
}

static bool
begin_frame (Reader *reader, GError **error)
{
    int number;

    if (!end_frame (reader, error))
        return false;
    if (reader->n_read == reader->n_frames)
        return fail (reader, error, "more frames than the %d that were announced",
                     reader->n_frames);
    if (!read_number (reader, 0, HF_TRANSFORMS_MOST_FRAMES, &number, error))
        return false;
    if (number != reader->n_read)
        return fail (reader, error, "frame %d should come here, not %d", reader->n_read, number);
    reader->n_read++;
    reader->seen = 0;
    return true;
}

static bool
read_frames (Reader *reader, GError **error)
{
    while (next_line (reader)) {
        if (strcmp (reader->key, "frame") == 0) {
            if (!begin_frame (reader, error))
                return false;
        } else if (reader->n_read == 0) {
            return fail (reader, error, "\"%.40s\" before the first frame", reader->key);
        } else if (!read_key (reader, error)) {
            return false;
        }
    }
    if (!end_frame (reader, error))
        return false;
    return reader->n_read == reader->n_frames ||
           fail (reader, error, "the file ends after %d of its %d frames", reader->n_read,
                 reader->n_frames);
}

/* Once all are there, since matrices are judged by the size of the reference. */
static bool
check_matrices (Reader *reader, GError **error)
{
    const HfTransforms *transforms = reader->transforms;

    for (int i = 0; i < transforms->n_frames; i++) {
        const HfFrameTransform *frame = &transforms->frames[i];
        const char *fault = frame->used ? fault_of (&frame->matrix, frame,
                                                    &transforms->frames[transforms->reference])
                                        : NULL;

        reader->line = reader->lines[i];
        if (fault)
            return fail (reader, error, "the matrix of frame %d %s", i, fault);
        if (i == transforms->reference && !hf_matrix_is_identity (&frame->matrix))
            return fail (reader, error,
                         "the matrix of frame %d, the reference, is not the identity", i);
    }
    return true;
}

HfTransforms *
hf_transforms_from_text (const char *text, size_t length, const char *label, GError **error)
{
    Reader reader = { .label = label, .at = text, .end = text + length };
    bool good = false;

    if (length > HF_TRANSFORMS_MOST_BYTES || memchr (text, '\0', length)) {
        reader.line = 1;
        fail (&reader, error, "this is no file of transforms");
    } else {
        good = read_head (&reader, error) && read_frames (&reader, error) &&
               check_matrices (&reader, error);
    }
    g_free (reader.buffer);
    g_free (reader.lines);
    if (!good)
        g_clear_pointer (&reader.transforms, hf_transforms_free);
    return reader.transforms;
}
