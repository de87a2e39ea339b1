; SPDX-License-Identifier: GPL-3.0-or-later
; What cannot be done is refused, and the image stays as it was; run.sh looks for the messages.

(define (check-refused what image options)
  (let ((before (layers-of image)))
    (check (string-append what " is refused") (refuses? image options))
    (check-equal (string-append what " changes nothing") (layers-of image) before)))

(define image (image-of-files frames))
(for-each (lambda (layer) (gimp-item-set-visible layer FALSE)) (cdr (layers-of image)))
(check-refused "one visible layer" image '())
(gimp-item-set-visible (car (layers-of image)) FALSE)
(check-refused "no visible layer" image '())

(define image (image-of-files frames))
(check-refused "a reference that is not there" image '(("reference" . "99")))
(check-refused "memory that is no amount" image '(("memory" . "lots")))
(gimp-image-convert-indexed image CONVERT-DITHER-NONE CONVERT-PALETTE-GENERATE 64 FALSE FALSE "")
(check-refused "an indexed image" image '())
(end-of-checks)
