// A request to the ZIP engine: the submission queue entry (SQE), its fields and the status codes.
// SPDX-License-Identifier: Apache-2.0

#ifndef HISI_ZIP_H
#define HISI_ZIP_H

#include "hisi_layout.h"

struct hisi_zip_sqe {
  uint32_t consumed; // out: input bytes
  uint32_t produced; // out: output bytes
  uint32_t comp_data_length;
  uint32_t dw3; // out: HISI_ZIP_DW3_*
  uint32_t input_data_length;
  uint32_t lba_l;
  uint32_t lba_h;
  uint32_t dw7; // HISI_ZIP_DW7_*
  uint32_t dw8; // HISI_ZIP_DW8_*
  uint32_t dw9; // HISI_ZIP_DW9_*
  uint32_t dw10;
  uint32_t dw11;
  uint32_t dw12;
  uint32_t tag; // of sqe_type 0
  uint32_t dest_avail_out;
  uint32_t ctx_dw0; // HISI_ZIP_CTX_DW0_*, stateful
  uint32_t comp_head_addr_l;
  uint32_t comp_head_addr_h;
  uint32_t source_addr_l;
  uint32_t source_addr_h;
  uint32_t dest_addr_l;
  uint32_t dest_addr_h;
  uint32_t stream_ctx_addr_l;
  uint32_t stream_ctx_addr_h;
  uint32_t literals_addr_l;
  uint32_t literals_addr_h;
  uint32_t tag_l; // of sqe_type 3: the driver's own
  uint32_t tag_h;
  uint32_t ctx_dw1; // stateful: [18:0] what remains of a stored block
  uint32_t ctx_dw2; // stateful: [15:0] length of the window
  uint32_t isize;    // running number of uncompressed bytes
  uint32_t checksum; // zlib: Adler-32; gzip: the CRC register, CRC-32 = bitreverse32(~checksum)
};
HISI_ASSERT_SIZE(hisi_zip_sqe, 128);
HISI_ASSERT_OFFSET(hisi_zip_sqe, dw3, 0x0c);
HISI_ASSERT_OFFSET(hisi_zip_sqe, dw7, 0x1c);
HISI_ASSERT_OFFSET(hisi_zip_sqe, dw9, 0x24);
HISI_ASSERT_OFFSET(hisi_zip_sqe, tag, 0x34);
HISI_ASSERT_OFFSET(hisi_zip_sqe, dest_avail_out, 0x38);
HISI_ASSERT_OFFSET(hisi_zip_sqe, source_addr_l, 0x48);
HISI_ASSERT_OFFSET(hisi_zip_sqe, stream_ctx_addr_l, 0x58);
HISI_ASSERT_OFFSET(hisi_zip_sqe, tag_l, 0x68);
HISI_ASSERT_OFFSET(hisi_zip_sqe, isize, 0x78);
HISI_ASSERT_OFFSET(hisi_zip_sqe, checksum, 0x7c);

#define HISI_ZIP_DW3_STATUS_MASK 0xffU
#define HISI_ZIP_DW3_LAST_BLOCK 0x100U
#define HISI_ZIP_DW7_IN_OFFSET_MASK 0xffffffU // bytes of the source SGL to skip
#define HISI_ZIP_DW7_FLUSH_FINISH 0x2000000U   // 0 sync, 1 finish
#define HISI_ZIP_DW7_STATEFUL 0x4000000U
#define HISI_ZIP_DW7_STREAM_NEW 0x8000000U
#define HISI_ZIP_DW7_SQE_TYPE_SHIFT 28U // 0: tag in dw13; 3: in dw26 and dw27
#define HISI_ZIP_DW8_OUT_OFFSET_MASK 0xffffffU // bytes of the destination SGL to skip
#define HISI_ZIP_DW9_REQUEST_MASK 0xffU
#define HISI_ZIP_DW9_BUFFER_SHIFT 8U // 0 flat, 1 SGL
#define HISI_ZIP_DW9_BUFFER_MASK 0xfU
#define HISI_ZIP_DW9_WINDOW_SHIFT 12U // 0 4K, 1 8K, 2 16K, 3 24K, 4 32K
#define HISI_ZIP_DW9_WINDOW_MASK 0xfU

#define HISI_ZIP_BUFFER_FLAT 0U
#define HISI_ZIP_BUFFER_SGL 1U

#define HISI_ZIP_REQUEST_DEFLATE 0x01U
#define HISI_ZIP_REQUEST_ZLIB 0x02U
#define HISI_ZIP_REQUEST_GZIP 0x03U

#define HISI_ZIP_CTX_DW0_STATE_MASK 0xfU
#define HISI_ZIP_CTX_STATE_LAST_BLOCK_NO_SPACE 1U
#define HISI_ZIP_CTX_STATE_DECOMPRESSING_NO_SPACE 2U
#define HISI_ZIP_CTX_STATE_BLOCK_NOT_STARTED 3U
#define HISI_ZIP_CTX_STATE_NO_CRC 4U
#define HISI_ZIP_CTX_DW0_BFINAL 0x80U

#define HISI_ZIP_STATUS_OK 0x00U
#define HISI_ZIP_STATUS_NEGACOMPRESS 0x0dU // the output is not smaller than the input; it is valid
#define HISI_ZIP_STATUS_OUTPUT_FULL 0x0eU  // dest_avail_out is too small
#define HISI_ZIP_STATUS_CRC_ERROR 0x10U
#define HISI_ZIP_STATUS_DECOMP_END 0x13U // stateful: the stream's end
// The model's own, where the hardware's numbers are unknown.
#define HISI_ZIP_STATUS_TRANSLATION_FAULT 0xf0U
#define HISI_ZIP_STATUS_UNSUPPORTED 0xf1U
#define HISI_ZIP_STATUS_BAD_SGL 0xf2U
#define HISI_ZIP_STATUS_BAD_DATA 0xf3U // the input is no valid stream

#define HISI_ZIP_LENGTH_MAX 0x800000U // 8 MiB of input or output
#define HISI_ZIP_STREAM_CONTEXT_SIZE 0x10000U

#endif
