package SrvRegistrar::Certificates;

# CAs, certificates and keys for a test, made by the openssl program in a
# directory: `name` gives name.pem and name.key.  P-256 keys, since making
# one takes no time.

use strict;
use warnings;

use Carp qw(croak);
use POSIX ();


sub new
{
    my ($class, $dir) = @_;

    return bless { dir => $dir, serial => 1 }, $class;
}


sub pem { return "$_[0]{dir}/$_[1].pem" }
sub key { return "$_[0]{dir}/$_[1].key" }


# Makes a self-signed CA.

sub ca
{
    my ($self, $name, %args) = @_;

    $self->make_key($name);
    $self->openssl('req', '-x509', '-new', '-key', $self->key($name),
        '-days', 30, '-subj', $args{subject} // "/CN=$name",
        '-addext', 'keyUsage=critical,keyCertSign,cRLSign',
        '-out', $self->pem($name));
}


# Makes a certificate.
#
#   ca        the issuer's name; without one it is self-signed
#   subject   "/CN=..."
#   key_of    another name whose key to use again
#   days      how long it is valid from now; negative: expired
#   clock     "+10d": is made then, as faketime(1) has it
#   ext       lines of openssl's configuration: "subjectAltName=DNS:a"
#   authority true: may sign others
#   rsa       bits of an RSA key in place of P-256
#   digest    "sha1"

sub certificate
{
    my ($self, $name, %args) = @_;

    local $self->{clock} = $args{clock};

    my $key = $self->key($args{key_of} // $name);
    my $config = "$self->{dir}/$name.cnf";

    if ($args{key_of}) {
        symlink($key, $self->key($name)) or croak("$name.key: $!");

    } elsif ($args{rsa}) {
        $self->openssl('genrsa', '-out', $key, $args{rsa});

    } else {
        $self->make_key($name);
    }

    open(my $file, '>', $config) or croak("$config: $!");
    print $file 'basicConstraints=CA:',
        $args{authority} ? "TRUE\n" : "FALSE\n",
        map { "$_\n" } @{ $args{ext} // [] };
    close($file);

    $self->openssl('req', '-new', '-key', $key, '-subj',
        $args{subject} // "/CN=$name", '-out', "$self->{dir}/$name.csr");

    my @issuer = $args{ca}
        ? ('-CA', $self->pem($args{ca}), '-CAkey', $self->key($args{ca}))
        : ('-signkey', $key);

    $self->openssl('x509', '-req', '-in', "$self->{dir}/$name.csr",
        '-set_serial', $$ * 1000 + $self->{serial}++,
        '-days', $args{days} // 30, '-extfile', $config, @issuer,
        $args{digest} ? "-$args{digest}" : (),
        '-out', $self->pem($name));
}


# The CRL of a CA in a file of that name; these certificates of it are revoked.
#
#   days      until its next update; negative: it should have come

sub crl
{
    my ($self, $name, $ca, $revoked, %args) = @_;

    my $dir = "$self->{dir}/crl-$name";
    my $days = $args{days} // 30;

    mkdir($dir);
    unlink(glob("$dir/*"));

    for (['index', ''], ['number', "01\n"], ['ca.cnf', "[ca]\n"
        . "default_ca = own\n[own]\ndatabase = $dir/index\n"
        . "crlnumber = $dir/number\ndefault_md = sha256\n"])
    {
        open(my $file, '>', "$dir/$_->[0]") or croak("$dir/$_->[0]: $!");
        print $file $_->[1];
        close($file);
    }

    my @ca = ('ca', '-config', "$dir/ca.cnf", '-cert', $self->pem($ca),
        '-keyfile', $self->key($ca));

    $self->openssl(@ca, '-revoke', $self->pem($_)) for @$revoked;

    local $self->{clock} = $days < 0 ? (2 * $days) . 'd' : undef;

    $self->openssl(@ca, '-gencrl', '-crldays', abs($days), '-out',
        $self->pem($name));
}


sub make_key
{
    my ($self, $name) = @_;

    $self->openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout',
        '-out', $self->key($name));
}


# The words before a command of this very process, which comes next.  faketime
# gives up where one with its pid was killed before it could tidy up.

sub faketime
{
    my ($clock) = @_;

    unlink("/dev/shm/faketime_shm_$$", "/dev/shm/sem.faketime_sem_$$");

    return ('faketime', '-f', $clock);
}


sub openssl
{
    my ($self, @args) = @_;

    my $pid = open(my $output, '-|') // croak("fork: $!");

    if ($pid == 0) {
        open(STDERR, '>&', \*STDOUT);
        unshift(@args, 'openssl');
        unshift(@args, faketime($self->{clock})) if $self->{clock};
        exec(@args) or POSIX::_exit(127);
    }

    my $text = do { local $/; <$output> } // '';

    close($output) or croak("openssl @args: $text");
}


1;
