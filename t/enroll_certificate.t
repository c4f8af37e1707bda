#!/usr/bin/perl

# Who may enrol: nobody but a client whose certificate has verified on this
# very connection, however `ssl_verify_client` lets others through.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome);

my $t = SrvRegistrar->new();
my $certs = $t->{certificates};

my %server = map {
    $_ => SrvRegistrar::Process::free_port($t->{address})
} qw(on optional_no_ca off http);


# A server of its own for each way to ask for a certificate.

sub server
{
    my ($verify) = @_;

    return <<"END";
server {
    listen %%ADDRESS%%:$server{$verify} ssl;
    server_name registrar.example;
    ssl_certificate %%DIR%%/server.pem;
    ssl_certificate_key %%DIR%%/server.key;
    ssl_client_certificate %%DIR%%/manufacturer.pem;
    ssl_verify_client $verify;
    error_page 400 413 495 496 = \@problem;
    location = /v1/enroll { srv_registrar enroll; }
    location \@problem { srv_registrar problem; }
}
END
}


$t->configure(servers => join('', map { server($_) }
        qw(on optional_no_ca off)) . <<"END");
server {
    listen %%ADDRESS%%:$server{http};
    server_name registrar.example;
    location = /v1/enroll { srv_registrar enroll; }
}
END

$certs->ca('foreign-ca');
$certs->certificate('good', ca => 'manufacturer');
$certs->certificate('expired', ca => 'manufacturer', clock => '-40d');
$certs->certificate('early', ca => 'manufacturer', clock => '+10d');
$certs->certificate('self');
$certs->certificate('foreign', ca => 'foreign-ca');

# Of the manufacturer's name, but not of its key.
$certs->ca('impostor', subject => '/CN=manufacturer');
$certs->certificate('forged', ca => 'impostor');

$t->start();


sub enroll
{
    my ($cert, $server) = @_;

    return $t->request('POST', '/v1/enroll', cert => $cert,
        $server ? (port => $server{$server}) : ());
}


my $reply = enroll('good');

is(outcome($reply), '201', 'a good certificate');
is($reply->{headers}{'content-type'}, 'application/json', '... JSON');
is($reply->{headers}{'cache-control'}, 'no-store', '... that nobody keeps');
like($reply->{headers}{date}, qr/GMT$/, '... with a date');

my $fqdn = $reply->{json}{fqdn};

for my $cert (qw(expired early self foreign forged)) {
    $reply = enroll($cert);

    is(outcome($reply), '403 certificate-refused', "$cert");
    is($reply->{headers}{'content-type'}, 'application/problem+json',
       '... a problem');
    is($reply->{headers}{'cache-control'}, 'no-store', '... not kept');
    ok(length($reply->{json}{detail} // ''), '... OpenSSL says why');
}

is(outcome(enroll(undef)), '401 certificate-required', 'no certificate');


# nginx refuses by itself, or not at all: the answers are the same.

is(outcome(enroll('good', 'on')), '200', 'on: good');
is(outcome(enroll('expired', 'on')), '403 certificate-refused',
   'on: expired');
is(outcome(enroll(undef, 'on')), '401 certificate-required', 'on: none');

is(outcome(enroll('good', 'optional_no_ca')), '200', 'no_ca: good');
is(outcome(enroll($_, 'optional_no_ca')), '403 certificate-refused',
   "no_ca: $_") for qw(self foreign forged expired);
is(outcome(enroll(undef, 'optional_no_ca')), '401 certificate-required',
   'no_ca: none');

is(outcome(enroll('good', 'off')), '401 certificate-required',
   'off: nobody is asked');


# Without TLS there are no certificates, whatever the client says.

my $http = IO::Socket::INET->new(PeerAddr => $t->{address},
    PeerPort => $server{http}) or die;

$reply = $t->request('POST', '/v1/enroll', socket => $http,
    headers => [['X-SSL-Client-Verify', 'SUCCESS']]);
is(outcome($reply), '403 tls-required', 'plain HTTP');

is(enroll('good')->{json}{fqdn}, $fqdn, 'the name is what it was');

done_testing();
