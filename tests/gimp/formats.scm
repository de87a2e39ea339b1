; SPDX-License-Identifier: GPL-3.0-or-later
; One image for each kind of sample: `kinds` is a list of (name . files) whose layers are taken as
; they load, `precisions` a list of (name . number) the first kind is converted to.

(define (run-kind name image)
  (let* ((layer (car (layers-of image)))
         (type (type-of layer))
         (fused (run-stack image '())))
    (check-equal (string-append name ": kind of the fused layer") (type-of fused) type)
    (check-equal (string-append name ": number of aligned frames")
                 (length (children-of (cadr (layers-of image)))) (length frames))
    (save-layer-tiff image fused (string-append name ".tif"))
    (gimp-image-delete image)))

(for-each (lambda (kind) (run-kind (car kind) (image-of-files (cdr kind)))) kinds)
(for-each (lambda (precision)
            (let ((image (image-of-files (cdar kinds))))
              (gimp-image-convert-precision image (cdr precision))
              (run-kind (car precision) image)))
          precisions)
(end-of-checks)
