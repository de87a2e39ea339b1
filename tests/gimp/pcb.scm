; SPDX-License-Identifier: GPL-3.0-or-later
; A real stack, for the comparison of the ways in.

(define (run-and-save files name)
  (let* ((image (image-of-files files))
         (fused (run-stack image '())))
    (check-equal (string-append name ": all frames are used")
                 (length (children-of (cadr (layers-of image)))) (length files))
    (save-layer-png image fused name)
    (gimp-image-delete image)))

(run-and-save frames "fused.png")
(end-of-checks)
