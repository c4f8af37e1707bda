#!/usr/bin/perl

# Certificates that are out of date: forgiven where the server says so, and
# then nothing but that.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Socket::SSL;
use Test::More;

use SrvRegistrar qw(outcome);

my $t = SrvRegistrar->new(workers => 1);
my $certs = $t->{certificates};

# A server that forgives, with every CA that is of any use here.
$t->configure(server => 'srv_registrar_expired_certificates on; '
    . 'ssl_session_cache shared:one:1m; ssl_crl %%DIR%%/crl.pem; '
    . 'ssl_verify_depth 3; ssl_protocols TLSv1.2 TLSv1.3;', servers => <<'END');
server {
    listen %%ADDRESS%%:%%PORT%% ssl;
    server_name strict.example;
    ssl_certificate %%DIR%%/server.pem;
    ssl_certificate_key %%DIR%%/server.key;
    ssl_client_certificate %%DIR%%/manufacturer.pem;
    ssl_verify_client optional;
    ssl_session_cache shared:one:1m;
    ssl_protocols TLSv1.2 TLSv1.3;
    error_page 400 413 495 496 = @problem;
    location = /v1/enroll { srv_registrar enroll; }
    location @problem { srv_registrar problem; }
}
END

{
    local $certs->{clock} = '-60d';
    $certs->ca('old-ca');
}

$certs->ca('foreign-ca');
$certs->certificate('good', ca => 'manufacturer');
$certs->certificate('expired', ca => 'manufacturer', clock => '-40d');
$certs->certificate('early', ca => 'manufacturer', clock => '+10d');
$certs->certificate('self', clock => '-40d');
$certs->certificate('foreign', ca => 'foreign-ca', clock => '-40d');
$certs->certificate('of-old-ca', ca => 'old-ca');
$certs->certificate('both', ca => 'old-ca', clock => '-40d');
$certs->certificate('revoked', ca => 'manufacturer', clock => '-40d');
$certs->ca('impostor', subject => '/CN=manufacturer');
$certs->certificate('forged', ca => 'impostor', clock => '-40d');

# A CRL of each CA: one that is asked for by ssl_crl must be there for all.
$certs->crl('crl', 'manufacturer', ['revoked']);
$certs->crl('crl-old', 'old-ca', []);
append('crl', 'crl-old');
append('manufacturer', 'old-ca');
$t->start();

is(enroll('good'), '201', 'a good certificate');
is(enroll('expired'), '201', 'one that has expired');
is(enroll('expired'), '200', '... again');
is(enroll('early'), '403 certificate-refused', 'one that is not valid yet');
is(enroll('self'), '403 certificate-refused', 'expired and self-signed');
is(enroll('foreign'), '403 certificate-refused', 'expired, of a foreign CA');
is(enroll('forged'), '403 certificate-refused', 'expired, and forged');
is(enroll('revoked'), '403 certificate-refused', 'expired and revoked');
is(enroll('of-old-ca'), '403 certificate-refused', 'of a CA that has expired');
is(enroll('both'), '403 certificate-refused', 'expired, of such a CA');
is(enroll('expired', 'strict.example'), '403 certificate-refused',
    'a server that does not say so forgives nothing');
is(enroll('good', 'strict.example'), '200', '... and takes good ones');

# The session of a forgiven certificate is worth as much as its certificate.
for my $version ('TLSv1_2', 'TLSv1_3') {
    my $context = IO::Socket::SSL::SSL_Context->new(
        SSL_ca_file         => $certs->pem('server-ca'),
        SSL_verifycn_scheme => 'none',
        SSL_verify_mode     => SSL_VERIFY_PEER,
        SSL_version         => $version,
        SSL_session_cache_size => 4,
        SSL_cert_file => $certs->pem('expired'),
        SSL_key_file  => $certs->key('expired'),
    ) or die($SSL_ERROR);

    is(resumed($context, 'registrar.example'), '200', "$version: one more");
    is(resumed($context, 'registrar.example'), '200 resumed', '... resumed');
    like(resumed($context, 'strict.example'),
        qr/^(?:403 certificate-refused|421|.*alert access denied)/,
        '... not where it is not forgiven');
}

for my $case (['ssl_verify_client off', 'off'],
    ['ssl_verify_client optional_no_ca', 'optional_no_ca'])
{
    my $other = SrvRegistrar->new();
    my $text = SrvRegistrar::Configuration::template()
        =~ s/ssl_verify_client optional;/$case->[0];
        srv_registrar_expired_certificates on;/r;

    $other->configure(full => $text);
    $other->allow_log(qr/srv_registrar_expired_certificates/);
    my ($status, $said) = $other->check_configuration();

    isnt($status, 0, "nginx -t refuses it with $case->[1]");
    like($said, qr/"srv_registrar_expired_certificates" needs/, '... why');
}

done_testing();


sub enroll
{
    my ($cert, $name) = @_;

    $name //= 'registrar.example';

    return outcome($t->request('POST', '/v1/enroll', cert => $cert,
        sni => $name, host => $name));
}


sub resumed
{
    my ($context, $name) = @_;

    my $socket = $t->{client}->connect(session => $context, sni => $name)
        or return "no connection: $@";
    my $reply = $t->request('POST', '/v1/enroll', socket => $socket,
        host => $name);
    my $resumed = $socket->get_session_reused();

    close($socket);

    return outcome($reply) . ($resumed ? ' resumed' : '');
}


# More CAs for the server to trust, or CRLs.

sub append
{
    my ($to, $from) = @_;

    open(my $out, '>>', $certs->pem($to)) or die;
    open(my $in, '<', $certs->pem($from)) or die;
    print $out do { local $/; <$in> };
    close($out);
}
