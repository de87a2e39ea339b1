; SPDX-License-Identifier: GPL-3.0-or-later
; Checks whose outcome is written to the file `results`, one line each, "done" as the last: GIMP's
; own exit code tells nothing. `folder` and `frames` (paths) come from run.sh.

(define port (open-output-file results))
(define (say . words)
  (for-each (lambda (word) (display word port)) words)
  (newline port))

(define (check name condition)
  (say (if condition "ok " "FAILED ") name))

(define (check-equal name found wanted)
  (if (equal? found wanted)
      (say "ok " name)
      (begin (display "FAILED " port) (display name port)
             (display ": found " port) (write found port)
             (display ", wanted " port) (write wanted port) (newline port))))

(define (end-of-checks) (say "done") (close-port port))

(define (run-stack image options) (run-stack-in-mode RUN-NONINTERACTIVE image options))

; #t when the plug-in refuses.
(define (refuses? image options)
  (catch #t (begin (run-stack image options) #f)))

(define (name-of item) (car (gimp-item-get-name item)))
(define (names-of items) (map name-of items))

(define (base-name path)
  (let loop ((i (- (string-length path) 1)))
    (cond ((< i 0) path)
          ((char=? (string-ref path i) #\/) (substring path (+ i 1) (string-length path)))
          (else (loop (- i 1))))))

; An image of these files, the first one at the bottom, layers named after them.
(define (image-of-files paths)
  (let ((image (load-image (car paths))))
    (gimp-item-set-name (car (layers-of image)) (base-name (car paths)))
    (for-each (lambda (path)
                (let ((layer (load-layer image path)))
                  (gimp-image-insert-layer image layer 0 0)
                  (gimp-item-set-name layer (base-name path))))
              (cdr paths))
    image))

; An image of its own with one layer only, at the origin.
(define (image-of-layer image layer)
  (let* ((size (size-of layer))
         (single (new-image (car size) (cadr size) (image-type image) (image-precision image)))
         (copy (copy-layer layer single)))
    (gimp-image-insert-layer single copy 0 0)
    (gimp-layer-set-offsets copy 0 0)
    single))

(define (in-folder name) (string-append folder "/" name))
(define (save-layer-png image layer name)
  (let ((single (image-of-layer image layer)))
    (save-png single (in-folder name))
    (gimp-image-delete single)))

; As TIFF, encoded: 8 and 16 bit as they are, all finer types as float.
(define (save-layer-tiff image layer name)
  (let* ((single (image-of-layer image layer))
         (precision (image-precision single))
         (encoded (cond ((> precision 299) 650)
                        ((= 0 (modulo precision 100)) (+ precision 50))
                        (else precision))))
    (if (not (= encoded precision)) (gimp-image-convert-precision single encoded))
    (save-tiff single (in-folder name))
    (gimp-image-delete single)))

; The layer alone, as a picture of its own.
(define (save-layer-as-png image layer path)
  (let* ((size (size-of layer))
         (copy (new-image (car size) (cadr size) (image-type image) (image-precision image)))
         (only (copy-layer layer copy)))
    (gimp-image-insert-layer copy only 0 0)
    (gimp-layer-set-offsets only 0 0)
    (save-png copy path)
    (gimp-image-delete copy)))
