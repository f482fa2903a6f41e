/* The format of a recording: one run, written front to back while it goes on, readable up to the
 * last whole record wherever it was cut.
 *
 *   header   8 bytes PS_RECORDING_MAGIC, u32 format version, u32 CRC-32C of these 12 bytes
 *   record   u32 size of the payload, u32 CRC-32C of (size, kind, payload), u8 kind, payload
 *   record   ...
 *
 * Fixed words are little-endian, "varint" is LEB128 and "zigzag" a varint of the zigzag code
 * (base/bytes.h), a text is a varint length and so many bytes of UTF-8. Records, in this order:
 *
 *   FACTS     varint count, then count x (text key, text value): the program's version, the time,
 *             the preset's name, the machine, the experiment as INI text
 *   COLUMNS   the dictionary. varint lists, each: text name, varint words, each: text. varint
 *             groups, each: text name, varint columns, each: text name, u8 kind, varint length
 *             (0: as many as the group has rows), and for kind WORD: varint number of its list
 *   then EVENTS and SNAPSHOT as they came, in the order of time (to the interval of drains)
 *   END       the index: see below
 *   TRAILER   u64 offset of END. It has a fixed size and is the file's last, so that it is found
 *
 * A group is a table of cells: rows x (columns, each with its length of elements), row by row. Its
 * values are 64-bit words: whole numbers (two's complement), IEEE doubles, numbers of words in a
 * list, or texts, which are kept apart.
 *
 *   SNAPSHOT  u8 flags, varint instant (ns), varint sequence number; for each group of the
 *             dictionary: varint rows, then (varint gap + 1, zigzag difference) for each cell that
 *             differs from the snapshot before, where gap counts the cells in between that do not,
 *             and varint 0; then (varint group + 1, varint cell, text) for each text that differs,
 *             and varint 0. With flag KEY the snapshot before is all zero and empty. The rows of a
 *             group change in a KEY snapshot only.
 *   EVENTS    varint lost: events that were overwritten before they could be read, of any slot,
 *             since the EVENTS before; then for each run of events of one slot: varint slot + 1,
 *             varint count, and count x (varint zigzag(time - time before) << 4 | kind, zigzag
 *             argument - argument before), both 0 at the first of the record's events of the slot's
 *             run; time in units of 1024 ns; and varint 0. Kinds are words of the list "events".
 *   END       varint snapshots, events, events lost, instant of the first and of the last snapshot;
 *             varint count, then count x (varint offset - offset before, varint instant - instant
 *             before): KEY snapshots to start from, at most PS_RECORDING_KEYS of them
 *
 * What makes old recordings readable by new programs and the other way round: columns and words are
 * found by name. A column that the reader does not know is skipped, one that the recording does not
 * have stays 0; an unknown kind of record is skipped. The version grows when this text changes in a
 * way that a reader cannot skip. A recording is evidence of one run and is never appended to later. */
#ifndef PS_CLIENT_RECORDING_FORMAT_H
#define PS_CLIENT_RECORDING_FORMAT_H

#include <stddef.h>
#include <stdint.h>

/* As PNG's: a byte that is no ASCII, and both line ends, so that a transfer as text shows. */
#define PS_RECORDING_MAGIC   "\x93psrec\r\n"
#define PS_RECORDING_VERSION 1u
#define PS_RECORDING_HEADER  16u /* bytes */
#define PS_RECORD_HEADER     9u  /* bytes before the payload */
#define PS_RECORD_MAX        (UINT32_C(16) << 20)
#define PS_RECORD_TRAILER    (PS_RECORD_HEADER + 8u)

#define PS_RECORDING_KEYS 4096u

enum ps_record_kind {
    PS_RECORD_FACTS = 1,
    PS_RECORD_COLUMNS = 2,
    PS_RECORD_SNAPSHOT = 3,
    PS_RECORD_EVENTS = 4,
    PS_RECORD_END = 5,
    PS_RECORD_TRAIL = 6
};

#define PS_SNAPSHOT_KEY 0x01u

/* KEY snapshots of a recording that may be as long as it likes: when the table is full, every
 * second entry goes, and from then on every second one is kept. In the order of time. */
struct ps_recording_keys {
    unsigned count, stride, skip; /* stride: one in so many is kept; skip: until the next */
    struct ps_recording_key {
        uint64_t offset; /* of the record in the file */
        uint64_t at_ns;
    } key[PS_RECORDING_KEYS];
};

void ps_recording_keys_add(struct ps_recording_keys *keys, uint64_t offset, uint64_t at_ns);
/* The last entry at or before at_ns; the first if there is none; NULL: the table is empty. */
const struct ps_recording_key *ps_recording_keys_find(const struct ps_recording_keys *keys,
                                                      uint64_t at_ns);

#endif
