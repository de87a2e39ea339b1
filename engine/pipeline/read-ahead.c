/* SPDX-License-Identifier: LGPL-3.0-or-later */
#include "pipeline/read-ahead.h"

/* One frame on its way: being decoded, or decoded. */
typedef struct Slot {
    HfRun *run;
    int frame;
    HfJob *job;
    HfImage *image;
    GError *error;
} Slot;

struct HfReadAhead {
    HfRun *run;
    const int *frames;
    int n;
    Slot *slots; /* ring of run->ahead + 1 */
    int n_slots;
    int next; /* position of the next frame to decode */
};

static void
decode (void *data, int worker)
{
    Slot *slot = data;

    slot->image =
        hf_source_read (slot->run->source, slot->frame, 1, slot->run->budget, &slot->error);
}

/* Starts decoding until `position` and `ahead` frames after it are on their way. */
static void
decode_until (HfReadAhead *self, int position)
{
    HfRun *run = self->run;
    bool any_thread = run->source->klass->any_thread;
    int last = MIN (position + (any_thread ? run->ahead : 0), self->n - 1);

    for (; self->next <= last; self->next++) {
        Slot *slot = &self->slots[self->next % self->n_slots];

        slot->run = run;
        slot->frame = self->frames[self->next];
        if (any_thread)
            slot->job = hf_pool_submit (run->pool, decode, slot);
        else
            decode (slot, 0);
    }
}

static void
finish_slot (HfReadAhead *self, Slot *slot)
{
    hf_job_wait (self->run->pool, slot->job);
    slot->job = NULL;
}

static void
clear_slot (HfReadAhead *self, Slot *slot)
{
    finish_slot (self, slot);
    g_clear_pointer (&slot->image, hf_image_free);
    g_clear_error (&slot->error);
}

HfReadAhead *
hf_read_ahead_new (HfRun *run, const int *frames, int n)
{
    HfReadAhead *self = g_new0 (HfReadAhead, 1);

    self->run = run;
    self->frames = frames;
    self->n = n;
    self->n_slots = run->ahead + 1;
    self->slots = g_new0 (Slot, self->n_slots);
    return self;
}

void
hf_read_ahead_free (HfReadAhead *self)
{
    if (!self)
        return;
    for (int i = 0; i < self->n_slots; i++)
        clear_slot (self, &self->slots[i]);
    g_free (self->slots);
    g_free (self);
}

const HfImage *
hf_read_ahead_take (HfReadAhead *self, int position, GError **error)
{
    Slot *slot = &self->slots[position % self->n_slots];

    decode_until (self, position);
    finish_slot (self, slot);
    if (slot->error)
        g_propagate_error (error, g_steal_pointer (&slot->error));
    return slot->image;
}

void
hf_read_ahead_drop (HfReadAhead *self, int position)
{
    clear_slot (self, &self->slots[position % self->n_slots]);
}

void
hf_read_ahead_restart (HfReadAhead *self)
{
    self->next = 0;
}
