// Drives a virtual function through vfio-pci: mailbox, contexts, jobs both ways, completions by MSI, a fault, stop.
// Usage: vf_queues BDF ROUNDS DIRECTORY  (a gzip file and its original are left in DIRECTORY for others to judge)
// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vf.h"

#define JOBS 12U // at once in one queue
#define JOB_SIZE 0x10000U
#define RESULT_SIZE 0x18000U // room for a result that did not shrink
#define SOURCE 0x100000U
#define RESULT (SOURCE + JOBS * JOB_SIZE)
#define BACK (RESULT + JOBS * RESULT_SIZE)
#define NOWHERE 0x7700000000ULL // mapped by nobody

_Static_assert(BACK + JOBS * JOB_SIZE <= VF_MEMORY_SIZE, "all buffers lie in the mapping");
_Static_assert(JOBS < VF_DEPTH, "a ring keeps one entry free");

static struct hisi_zip_sqe request(uint32_t type, uint32_t source, uint32_t length, uint64_t to, uint32_t room) {
  struct hisi_zip_sqe sqe = {0};
  sqe.input_data_length = length;
  sqe.dw7 = 3U << HISI_ZIP_DW7_SQE_TYPE_SHIFT | HISI_ZIP_DW7_FLUSH_FINISH;
  sqe.dw9 = type; // flat buffers
  sqe.dest_avail_out = room;
  sqe.source_addr_l = (uint32_t)(VF_IOVA + source);
  sqe.source_addr_h = (uint32_t)((VF_IOVA + source) >> 32);
  sqe.dest_addr_l = (uint32_t)to;
  sqe.dest_addr_h = (uint32_t)(to >> 32);
  return sqe;
}

static uint32_t status_of(const struct hisi_zip_sqe *sqe) { return sqe->dw3 & HISI_ZIP_DW3_STATUS_MASK; }

// The output of a job that did not shrink is valid all the same.
static int succeeded(const struct hisi_zip_sqe *sqe) {
  return status_of(sqe) == HISI_ZIP_STATUS_OK || status_of(sqe) == HISI_ZIP_STATUS_NEGACOMPRESS;
}

static void fill(uint8_t *buffer, uint32_t round, uint32_t job) {
  uint32_t state = round * 2654435761U + job + 1;
  for (uint32_t i = 0; i < JOB_SIZE; i++) {
    // Runs of a letter and now and then noise; the last job of a round is noise alone.
    if (job == JOBS - 1 || i % 64 == 0)
      state = state * 1664525U + 1013904223U;
    buffer[i] = job == JOBS - 1 ? (uint8_t)(state >> 24) : (uint8_t)('a' + (state >> 27));
  }
}

// One round: every job compressed by queue 0, its result decompressed by queue 1, and compared.
static uint64_t round_trip(struct vf *vf, uint32_t round) {
  uint64_t produced = 0;
  uint32_t lengths[JOBS];
  struct hisi_zip_sqe sqe;
  for (uint32_t job = 0; job < JOBS; job++) {
    fill(vf->memory + SOURCE + job * JOB_SIZE, round, job);
    sqe = request(HISI_ZIP_REQUEST_DEFLATE, SOURCE + job * JOB_SIZE, JOB_SIZE,
                  VF_IOVA + RESULT + job * RESULT_SIZE, RESULT_SIZE);
    sqe.tag_l = job;
    vf_submit(vf, 0, &sqe);
  }
  vf_ring(vf, 0);
  for (uint32_t job = 0; job < JOBS; job++) {
    vf_complete(vf, 0, &sqe);
    if (!succeeded(&sqe) || sqe.tag_l != job || sqe.consumed != JOB_SIZE || sqe.produced > RESULT_SIZE)
      vf_fail("compress: status 0x%x tag %u consumed %u produced %u", status_of(&sqe), sqe.tag_l, sqe.consumed,
              sqe.produced);
    lengths[job] = sqe.produced;
    produced += sqe.produced;
  }

  memset(vf->memory + BACK, 0, JOBS * JOB_SIZE);
  for (uint32_t job = 0; job < JOBS; job++) {
    sqe = request(HISI_ZIP_REQUEST_DEFLATE, RESULT + job * RESULT_SIZE, lengths[job],
                  VF_IOVA + BACK + job * JOB_SIZE, JOB_SIZE);
    sqe.tag_l = 0x100 + job;
    vf_submit(vf, 1, &sqe);
  }
  vf_ring(vf, 1);
  for (uint32_t job = 0; job < JOBS; job++) {
    vf_complete(vf, 1, &sqe);
    if (status_of(&sqe) != HISI_ZIP_STATUS_OK || sqe.tag_l != 0x100 + job || sqe.produced != JOB_SIZE)
      vf_fail("decompress: status 0x%x tag 0x%x produced %u", status_of(&sqe), sqe.tag_l, sqe.produced);
    if (memcmp(vf->memory + BACK + job * JOB_SIZE, vf->memory + SOURCE + job * JOB_SIZE, JOB_SIZE) != 0)
      vf_fail("job %u of round %u came back changed", job, round);
  }
  return produced;
}

static void write_file(const char *directory, const char *name, const uint8_t *head, size_t head_length,
                       const uint8_t *bytes, size_t length) {
  char path[256];
  snprintf(path, sizeof path, "%s/%s", directory, name);
  FILE *file = fopen(path, "wb");
  if (!file || fwrite(head, 1, head_length, file) != head_length || fwrite(bytes, 1, length, file) != length ||
      fclose(file) != 0)
    vf_fail("%s cannot be written", path);
}

// A gzip member: the header is software's, body and trailer are the device's.
static void gzip_file(struct vf *vf, const char *directory) {
  static const uint8_t header[10] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3};
  struct hisi_zip_sqe sqe =
      request(HISI_ZIP_REQUEST_GZIP, SOURCE, JOB_SIZE, VF_IOVA + RESULT, RESULT_SIZE);
  vf_submit(vf, 0, &sqe);
  vf_ring(vf, 0);
  vf_complete(vf, 0, &sqe);
  if (!succeeded(&sqe))
    vf_fail("gzip: status 0x%x", status_of(&sqe));
  write_file(directory, "vf.raw", NULL, 0, vf->memory + SOURCE, JOB_SIZE);
  write_file(directory, "vf.gz", header, sizeof header, vf->memory + RESULT, sqe.produced);
}

// A request that points outside what is mapped is an error of that request; the queue goes on.
static uint32_t faulting_job(struct vf *vf) {
  struct hisi_zip_sqe sqe = request(HISI_ZIP_REQUEST_DEFLATE, SOURCE, JOB_SIZE, NOWHERE, RESULT_SIZE);
  vf_submit(vf, 0, &sqe);
  vf_ring(vf, 0);
  vf_complete(vf, 0, &sqe);
  return status_of(&sqe);
}

int main(int count, char **arguments) {
  if (count != 4) {
    fprintf(stderr, "usage: vf_queues BDF ROUNDS DIRECTORY\n");
    return 64;
  }
  uint32_t rounds = (uint32_t)strtoul(arguments[2], NULL, 10);
  struct vf vf;
  vf_open(&vf, arguments[1]);
  vf_start(&vf);
  vf_start_queue(&vf, 0, HISI_SQC_TYPE_COMPRESS);
  vf_start_queue(&vf, 1, HISI_SQC_TYPE_DECOMPRESS);

  uint64_t produced = 0;
  for (uint32_t round = 0; round < rounds; round++)
    produced += round_trip(&vf, round);
  gzip_file(&vf, arguments[3]);
  uint32_t fault = faulting_job(&vf);
  round_trip(&vf, rounds);

  uint32_t jobs = 2 * JOBS * (rounds + 1) + 2;
  uint32_t tails[2] = {vf_stop_queue(&vf, 0), vf_stop_queue(&vf, 1)};
  printf("revision=%x first=%u queues=%u vectors=%u ", vf.revision, vf.first_queue, vf.queue_count, vf.vectors);
  printf("jobs=%u in=%u out=%llu ", jobs, rounds * JOBS * JOB_SIZE, (unsigned long long)produced);
  printf("events=%u fault=%x ", vf.events, fault);
  printf("tail0=%u/%u tail1=%u/%u\n", tails[0], vf.queues[0].sq_tail, tails[1], vf.queues[1].sq_tail);
  vf_close(&vf);
  return 0;
}
