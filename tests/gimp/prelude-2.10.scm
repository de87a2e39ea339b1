; SPDX-License-Identifier: GPL-3.0-or-later
; What the tests do with GIMP, in the words of GIMP 2.10; prelude-3.scm says the same for GIMP 3.

(define (load-image path) (car (gimp-file-load RUN-NONINTERACTIVE path path)))
(define (load-layer image path) (car (gimp-file-load-layer RUN-NONINTERACTIVE image path)))
(define (new-image width height type precision)
  (car (gimp-image-new-with-precision width height type precision)))
(define (new-layer image name width height type)
  (car (gimp-layer-new image width height type name 100 LAYER-MODE-NORMAL)))
(define (new-group image) (car (gimp-layer-group-new image)))
(define (copy-layer layer image) (car (gimp-layer-new-from-drawable layer image)))
(define (layers-of image) (vector->list (cadr (gimp-image-get-layers image))))
(define (children-of group) (vector->list (cadr (gimp-item-get-children group))))
(define (offsets-of layer) (gimp-drawable-offsets layer))
(define (size-of layer) (list (car (gimp-drawable-width layer)) (car (gimp-drawable-height layer))))
(define (type-of layer) (car (gimp-drawable-type layer)))
(define (has-alpha? layer) (= TRUE (car (gimp-drawable-has-alpha layer))))
(define (is-group? layer) (= TRUE (car (gimp-item-is-group layer))))
(define (image-size image)
  (list (car (gimp-image-width image)) (car (gimp-image-height image))))
(define (image-type image) (car (gimp-image-base-type image)))
(define (image-precision image) (car (gimp-image-get-precision image)))

(define (save-png image path)
  (file-png-save-defaults RUN-NONINTERACTIVE image (car (layers-of image)) path path))
(define (save-tiff image path)
  (file-tiff-save RUN-NONINTERACTIVE image (car (layers-of image)) path path 0))
(define (save-xcf image path)
  (gimp-xcf-save RUN-NONINTERACTIVE image (car (layers-of image)) path path))

; ---- the procedure: its arguments are positional here, so names, numbers of choices and defaults are
; taken from the descriptions that the plug-in registered

(define procedure-name "plug-in-hyperfocal-stack")

; Where `part` begins in `text` at or after `from`, or #f.
(define (find-text text part from)
  (let ((last (- (string-length text) (string-length part))))
    (let loop ((i from))
      (cond ((> i last) #f)
            ((string=? (substring text i (+ i (string-length part))) part) i)
            (else (loop (+ i 1)))))))

(define (text-after text part)
  (substring text (+ (find-text text part 0) (string-length part)) (string-length text)))

(define (number-of-choice description nick)
  (let ((rest (text-after description (string-append " " nick " ("))))
    (string->number (substring rest 0 (find-text rest ")" 0)))))

(define (default-of type description)
  (let ((text (text-after description "; default ")))
    (if (= type 4)
        (substring text 1 (- (string-length text) 1))
        (string->number text))))

(define (argument-value index options)
  (let* ((argument (gimp-procedural-db-proc-arg procedure-name index))
         (type (car argument))
         (description (caddr argument))
         (given (assoc (cadr argument) options)))
    (cond ((not given) (default-of type description))
          ((and (string? (cdr given)) (= type 0)) (number-of-choice description (cdr given)))
          (else (cdr given)))))

(define (n-arguments) (list-ref (gimp-procedural-db-proc-info procedure-name) 6))

; Runs the plug-in; `options` is a list of ("name" . value), choices by their nicks. Returns the
; fused layer; an error of the plug-in is one of the script.
(define (run-stack-in-mode mode image options)
  (let loop ((index (- (n-arguments) 1)) (values '()))
    (if (< index 3)
        (car (apply plug-in-hyperfocal-stack
                    (append (list mode image (car (layers-of image))) values)))
        (loop (- index 1) (cons (argument-value index options) values)))))

(define (run-noise-map image thresholds blur-size)
  (car (plug-in-hyperfocal-noise-map RUN-NONINTERACTIVE image (car (layers-of image)) thresholds
                                     blur-size)))
