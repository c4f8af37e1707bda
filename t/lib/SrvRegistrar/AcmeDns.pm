package SrvRegistrar::AcmeDns;

# An acme-dns client of a test: a credential and the requests that clients
# make with it.
#
#   my $client = SrvRegistrar::AcmeDns->issue($device);    # POST /v1/credentials
#   $client->update($txt);                                 # the reply
#   $client->update($txt, key => 'x' x 40);                # and wrong ones

use strict;
use warnings;

use Exporter qw(import);

our @EXPORT_OK = qw(challenge);

# The door at its usual place, for the bench's slot `server`.
use constant LOCATION => <<'END';
location ~ ^/(update|register|health)$ {
    srv_registrar acme_dns;
}
END


sub issue
{
    my ($class, $device) = @_;

    my $credential = $device->credentials('acme-dns')->{'acme-dns'}
        or die('no credential');

    return bless { %$credential, bench => $device->bench() }, $class;
}


# POST /update; user, key, subdomain, body and headers in place of the right
# ones (undef leaves a header out), path in place of /update; the rest is
# SrvRegistrar::Client's.

sub update
{
    my ($self, $txt, %args) = @_;

    my %given = (
        user      => $self->{username},
        key       => $self->{password},
        subdomain => $self->{subdomain},
        path      => '/update',
        headers   => [],
        %args,
    );
    my ($user, $key, $subdomain, $path, $headers)
        = delete @given{qw(user key subdomain path headers)};

    return $self->{bench}->request('POST', $path,
        body    => qq({"subdomain": "$subdomain", "txt": "$txt"}),
        %given,
        headers => [['X-Api-User', $user], ['X-Api-Key', $key], @$headers],
    );
}


# A value as a CA wants it, different for each text.

sub challenge
{
    my ($text) = @_;

    return substr($text . '_' x 43, 0, 43);
}


# What is published at the challenge's name, as sorted texts.

sub published
{
    my ($self) = @_;

    my $packet = $self->{bench}->query($self->{fulldomain}, 'TXT')
        or die('no answer');

    return join(' ', sort map { $_->txtdata } $packet->answer);
}


1;
