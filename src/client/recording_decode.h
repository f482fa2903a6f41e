/* From the payloads of a recording's records to snapshots and events. Internal to src/client: the
 * reader of files is client/recording.h. Trusts nothing: every count and every index of a payload
 * is checked, and what is decoded is bounded as live values are. */
#ifndef PS_CLIENT_RECORDING_DECODE_H
#define PS_CLIENT_RECORDING_DECODE_H

#include "base/bytes.h"
#include "client/record_columns.h"

#define PS_DECODE_EVENTS_MAX 65536u /* of one record */

struct ps_decoder;

struct ps_decoder *ps_decoder_new(void); /* NULL: out of memory */
void ps_decoder_free(struct ps_decoder *decoder);

/* COLUMNS; once, before anything else. PS_EPARSE, PS_ENOMEM. */
enum ps_err ps_decoder_columns(struct ps_decoder *decoder, struct ps_cursor *payload);

/* The head of a SNAPSHOT, which tells whether it is worth decoding. False: damaged. */
struct ps_decoded_head {
    bool key;
    uint64_t at_ns, seq;
};
bool ps_decoder_head(struct ps_cursor *payload, struct ps_decoded_head *head);

/* SNAPSHOT. PS_EPARSE: damaged; PS_EAGAIN: it needs the one before, which was not decoded: go on to
 * the next KEY. After an error the newest snapshot is all zero. */
enum ps_err ps_decoder_snapshot(struct ps_decoder *decoder, struct ps_cursor *payload);
/* The newest; owner: the decoder, until the next call. */
const struct ps_snapshot *ps_decoder_newest(const struct ps_decoder *decoder);
/* Forget it: the next one must be KEY. */
void ps_decoder_reset(struct ps_decoder *decoder);

/* EVENTS. `lost` is set. The events stay valid until the next call. */
enum ps_err ps_decoder_events(struct ps_decoder *decoder, struct ps_cursor *payload,
                              const struct ps_event **events, size_t *count, uint64_t *lost);

#endif
