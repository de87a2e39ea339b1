; SPDX-License-Identifier: GPL-3.0-or-later
; What the tests do with GIMP, in the words of GIMP 3; prelude-2.10.scm says the same for GIMP 2.10.

(define (load-image path) (car (gimp-file-load RUN-NONINTERACTIVE path)))
(define (load-layer image path) (car (gimp-file-load-layer RUN-NONINTERACTIVE image path)))
(define (new-image width height type precision)
  (car (gimp-image-new-with-precision width height type precision)))
(define (new-layer image name width height type)
  (car (gimp-layer-new image name width height type 100 LAYER-MODE-NORMAL)))
(define (new-group image) (car (gimp-group-layer-new image "group")))
(define (copy-layer layer image) (car (gimp-layer-new-from-drawable layer image)))
(define (layers-of image) (vector->list (car (gimp-image-get-layers image))))
(define (children-of group) (vector->list (car (gimp-item-get-children group))))
(define (offsets-of layer) (gimp-drawable-get-offsets layer))
(define (size-of layer)
  (list (car (gimp-drawable-get-width layer)) (car (gimp-drawable-get-height layer))))
(define (type-of layer) (car (gimp-drawable-type layer)))
(define (is-true? value) (or (eq? value #t) (equal? value 1)))
(define (has-alpha? layer) (is-true? (car (gimp-drawable-has-alpha layer))))
(define (is-group? layer) (is-true? (car (gimp-item-is-group layer))))
(define (image-size image)
  (list (car (gimp-image-get-width image)) (car (gimp-image-get-height image))))
(define (image-type image) (car (gimp-image-get-base-type image)))
(define (image-precision image) (car (gimp-image-get-precision image)))

(define (save-png image path)
  (file-png-export #:run-mode RUN-NONINTERACTIVE #:image image #:file path))
(define (save-tiff image path)
  (file-tiff-export #:run-mode RUN-NONINTERACTIVE #:image image #:file path
                    #:save-transparent-pixels TRUE ))
(define (save-xcf image path) (gimp-xcf-save RUN-NONINTERACTIVE image path))

; ---- the procedure: arguments have names and defaults; the call is written as text because the
; names are no symbols

(define (value->text value)
  (if (string? value) (string-append "\"" value "\"") (number->string value)))

(define (options->text options)
  (if (null? options)
      ""
      (string-append " #:" (caar options) " " (value->text (cdar options))
                     (options->text (cdr options)))))

; Runs the plug-in; `options` is a list of ("name" . value), choices by their nicks. Returns the
; fused layer; an error of the plug-in is one of the script.
(define (run-stack-in-mode mode image options)
  (let ((call (string-append "(plug-in-hyperfocal-stack #:run-mode " (number->string mode)
                             " #:image " (number->string image)
                             " #:drawables (vector " (number->string (car (layers-of image))) ")"
                             (options->text options) " )")))
    (car (eval (read (open-input-string call))))))

(define (run-noise-map image thresholds blur-size)
  (car (plug-in-hyperfocal-noise-map #:run-mode RUN-NONINTERACTIVE #:image image
                                     #:drawables (vector (car (layers-of image)))
                                     #:channel-thresholds thresholds #:blur-size blur-size)))
