/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Image file directories of TIFF, classic and BigTIFF, in both byte orders, read from and written
 * to a file: what libtiff does not let one do -- move directories, link them in another order,
 * choose between classic and BigTIFF when all is written, and carry Exif directories over tag by
 * tag.
 */
#ifndef HF_FILES_IFD_H
#define HF_FILES_IFD_H

#include <hyperfocal/api.h>

/* The field types of TIFF 6.0 and BigTIFF that need a name here. */
typedef enum {
    HF_IFD_BYTE = 1,
    HF_IFD_ASCII = 2,
    HF_IFD_SHORT = 3,
    HF_IFD_LONG = 4,
    HF_IFD_RATIONAL = 5,
    HF_IFD_UNDEFINED = 7,
    HF_IFD_IFD = 13,
    HF_IFD_LONG8 = 16,
    HF_IFD_SLONG8 = 17,
    HF_IFD_IFD8 = 18
} HfIfdType;

/* Tags whose value is the offset of another directory. */
enum { HF_TAG_EXIF_IFD = 0x8769, HF_TAG_GPS_IFD = 0x8825, HF_TAG_INTEROPERABILITY_IFD = 0xa005 };

typedef struct HfIfdLayout {
    bool big;     /* BigTIFF: 8-byte offsets */
    bool swapped; /* the file's byte order is not the machine's */
} HfIfdLayout;

typedef struct HfIfdEntry {
    uint16_t tag;
    uint16_t type;
    uint64_t count;
    void *value; /* count values in the machine's byte order, owned; NULL: they stand at `place` */
    uint64_t place; /* of values that were written already, in the file's byte order */
} HfIfdEntry;

typedef struct HfIfd {
    GArray *entries; /* HfIfdEntry, by rising tag */
    uint64_t next;   /* offset of the next directory as read; 0 = none */
} HfIfd;

HfIfd *hf_ifd_new (void);
void hf_ifd_free (HfIfd *ifd);

/* The entry of this tag, or NULL; borrowed until the directory changes. */
const HfIfdEntry *hf_ifd_find (const HfIfd *ifd, uint16_t tag);
/* The first value of an entry of an integer type; false where there is none. */
bool hf_ifd_get (const HfIfd *ifd, uint16_t tag, uint64_t *value);
/* Sets an entry to a copy of `value` (machine's byte order), replacing what was there. */
void hf_ifd_set (HfIfd *ifd, uint16_t tag, uint16_t type, uint64_t count, const void *value);
/* Sets an entry whose values stand in the file already; they must not fit into the entry's field.
 */
void hf_ifd_set_place (HfIfd *ifd, uint16_t tag, uint16_t type, uint64_t count, uint64_t place);
void hf_ifd_set_text (HfIfd *ifd, uint16_t tag, const char *text);
void hf_ifd_remove (HfIfd *ifd, uint16_t tag);

/* Bytes of one value, 0 for an unknown type. */
size_t hf_ifd_type_size (uint16_t type);

/* Reads the header of a TIFF file: its layout and where the first directory lies. */
bool hf_ifd_read_header (int fd, HfIfdLayout *layout, uint64_t *first);

/* Writes the header. */
bool hf_ifd_write_header (int fd, HfIfdLayout layout, uint64_t first);

/*
 * Reads the directory at `offset`. Entries of unknown types, with values outside of the file or
 * larger than `most_bytes` are passed over. NULL when there is no directory there.
 */
HfIfd *hf_ifd_read (int fd, HfIfdLayout layout, uint64_t offset, size_t most_bytes);

/* Where in the file the values of a tag stand, and their bytes; false when the directory has no
 * such tag, or its values stand in the entry itself or beyond the end of the file. */
bool hf_ifd_find_place (int fd, HfIfdLayout layout, uint64_t offset, uint16_t tag, uint64_t *place,
                        uint64_t *size);

/*
 * Appends the directory to the file, values first, and tells where it lies and where its link to
 * the next one (now 0) is. 8-byte offsets become 4-byte ones in a classic file and the other way
 * round. False with errno set when writing fails, EFBIG when a classic file would get too long.
 */
bool hf_ifd_append (int fd, HfIfdLayout layout, const HfIfd *ifd, uint64_t *offset, uint64_t *link);

/* Writes the offset of the next directory to the place hf_ifd_append () told. */
bool hf_ifd_link (int fd, HfIfdLayout layout, uint64_t link, uint64_t next);

#endif
