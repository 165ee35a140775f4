package constants

import (
	"os"
	"time"
)

// CertificateValidity is how long a certificate lives that kubeadm signs: here as its environment
// says ("10m").
var CertificateValidity = func() time.Duration {
	validity, err := time.ParseDuration(os.Getenv("CERTIFICATE_VALIDITY"))
	if err != nil {
		panic("CERTIFICATE_VALIDITY: " + err.Error())
	}
	return validity
}()
